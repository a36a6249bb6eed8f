/** b, c, d: what is published, what leaves, and when. */
import { floorOf, keepOf, roundW, type Moment } from "./moment.ts";
import type { MachineSight, Verdicts } from "./sight.ts";

const DECIDED_WITHIN_MS = 5_000;

/** b: the published limit, against the lawful one of the last five seconds. */
export class PublishedLimit {
  /** What was lawful lately, as it changed: each until the next begins. */
  #lawful: { readonly fromMs: number; readonly limitW: number }[] = [];

  look({ sight, limitW }: Moment, verdicts: Verdicts): void {
    const { nowMs, said } = sight;
    if (this.#lawful.at(-1)?.limitW !== limitW) this.#lawful.push({ fromMs: nowMs, limitW });
    while (nowMs - (this.#lawful[1]?.fromMs ?? nowMs) > DECIDED_WITHIN_MS) this.#lawful.shift();
    if (said === null) return;
    const most = this.#lawful.reduce((so, recent) => Math.max(so, recent.limitW), 0);
    verdicts.judged("b");
    if ((said.effectiveLimitW ?? Infinity) > Math.floor(most) + 1) verdicts.broken("b", `${said.effectiveLimitW ?? "no"} W published, ${roundW(most)} lawful`);
  }
}

/** A machine's draw at a setting it was never seen at is known to so much: the spread between units. */
const MODEL_ERROR = 0.025;

/** What a machine was ordered to it has reached by now, or never will. */
const FOLLOWED_MS = 120_000;

/** c: nothing passes the limit without a grant, and no raise leaves that could. */
export class Raises {
  #startW: number | null = null;
  #moment: Moment | null = null;
  /** What each machine has last been ordered to, W, and when. */
  readonly #ordered = new Map<string, { readonly watts: number; readonly atMs: number }>();

  look(moment: Moment, verdicts: Verdicts): void {
    const { sight, toleranceW, quiet } = moment;
    this.#moment = moment;
    if (!quiet || !sight.alive) {
      this.#startW = null;
      return;
    }
    this.#startW ??= sight.powerW;
    const keepW = keepOf(moment);
    verdicts.judged("c");
    if (sight.powerW > Math.max(keepW, this.#startW) + toleranceW) verdicts.broken("c", `${roundW(sight.powerW)} drawn, ${roundW(keepW)} to keep, ${roundW(this.#startW)} when the last grant ended`);
  }

  booted(): void {
    this.#ordered.clear();
    this.#moment = null;
  }

  forget(device: string): void {
    this.#ordered.delete(device);
  }

  /** An order leaves, the machines being as they are now and the lawful limit what it is now. `calm`: no grant and no fault is open. */
  ordered({ device, watts, limitW, calm }: { readonly device: string; readonly watts: number; readonly limitW: number; readonly calm: boolean }, machines: readonly MachineSight[], verdicts: Verdicts): void {
    const machine = machines.find(({ id }) => id === device);
    // What climbs to more already, because it was told so or booted, is stopped by it and not raised.
    const before = Math.max(machine?.powerW ?? 0, machine?.toldW ?? 0);
    const moment = this.#moment;
    this.#ordered.set(device, { watts, atMs: moment?.sight.nowMs ?? 0 });
    if (moment === null || !calm || watts <= before) return;
    const ends = machines.map((machine) => ({ drawnW: machine.powerW, endW: this.#largerEnd(machine) }));
    const endsW = ends.reduce((sum, { endW }) => sum + endW, 0);
    const unsureW = MODEL_ERROR * ends.reduce((sum, { drawnW, endW }) => sum + (endW > drawnW ? endW : 0), 0);
    const keepW = Math.max(limitW, floorOf(machines));
    verdicts.judged("c");
    if (endsW > keepW + moment.toleranceW + unsureW) verdicts.broken("c", `${device} raised to ${roundW(watts)} while all may come to ${roundW(endsW)} under ${roundW(keepW)}`);
  }

  /** As warm as it is now. */
  #largerEnd({ id, powerW, toldW, wakesToW, asleepW, warmth }: MachineSight): number {
    const order = this.#ordered.get(id);
    const ordered = order === undefined || (this.#moment?.sight.nowMs ?? 0) - order.atMs > FOLLOWED_MS ? 0 : order.watts;
    return Math.max(powerW, warmth * Math.max(toldW, ordered), ordered > 1.1 * asleepW ? wakesToW : 0);
  }
}

/** d: five seconds after an expiry or a start. */
export class Promptness {
  #dueMs = Infinity;
  /** Who has booted in these five seconds: it was not to be reached in all of them, and is told when it has been read. */
  readonly #booted = new Set<string>();

  /** Time alone has lowered the limit, or a process has started. */
  begins(nowMs: number): void {
    this.#dueMs = nowMs + DECIDED_WITHIN_MS;
    this.#booted.clear();
  }

  /** Something else has happened meanwhile: its own grant counts. */
  disturbed(): void {
    this.#dueMs = Infinity;
  }

  look({ sight, limitW, shownW, toleranceW, alone }: Moment, verdicts: Verdicts): void {
    if (this.#dueMs !== Infinity) for (const { id, boots } of sight.machines()) if (boots) this.#booted.add(id);
    if (sight.nowMs <= this.#dueMs) return;
    this.#dueMs = Infinity;
    if (!sight.alive) return;
    verdicts.judged("d");
    if (sight.said === null) return verdicts.broken("d", "no decision");
    if ((sight.said.effectiveLimitW ?? Infinity) > Math.floor(limitW) + 1) verdicts.broken("d", `${sight.said.effectiveLimitW ?? "no"} W in force, ${roundW(limitW)} lawful`);
    const machines = sight.machines();
    if (!alone || machines.some(({ obeys }) => !obeys)) return;
    // What boots hears nothing yet: it comes up where it was, and is told then.
    const toldW = machines.reduce((sum, machine) => sum + (machine.saysW === null || this.#booted.has(machine.id) ? machine.powerW : machine.toldW), 0);
    const keepW = Math.max(shownW, floorOf(machines));
    if (toldW > keepW + toleranceW + MODEL_ERROR * keepW) verdicts.broken("d", `what the machines have been told adds up to ${roundW(toldW)}, ${roundW(keepW)} to keep`);
  }
}
