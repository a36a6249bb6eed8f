/** Tells the status page what has changed, as long as somebody looks. */
import type { Decision } from "../core/decide.ts";
import type { Tick } from "../core/time.ts";
import { seconds, type Millis } from "../core/units.ts";
import type { Change } from "../report/changes.ts";
import type { DeviceNotes } from "../report/devices.ts";
import type { AgentEvent } from "../report/events.ts";
import { isoTime } from "../report/figures.ts";
import { liveChanges, liveEvent, liveMachine, liveStatus, type LiveEvent, type LiveLook, type LiveRack, type LiveWord } from "../report/live.ts";
import type { StatusDocument } from "../report/status.ts";
import type { Attendant } from "./attendant.ts";

/** A link that carries 5 kB/s carries this: 100 machines a second at 40 bytes each. */
const EVERY_S = 2;
const MACHINES_A_SECOND = 100;
const EVENTS_KEPT = 40;

interface Seen {
  readonly decision: Decision;
  readonly status: StatusDocument;
  readonly tick: Tick;
}

export class Live implements Attendant {
  readonly name = "live";
  readonly #rack: LiveRack;
  readonly #about: (device: string) => DeviceNotes;
  readonly #followers = new Map<(word: LiveWord) => void, LiveLook>();
  #events: readonly LiveEvent[] = [];
  #seen: Seen | null = null;
  #told: { readonly at: Millis; readonly words: string } | null = null;

  constructor(rack: LiveRack, about: (device: string) => DeviceNotes) {
    this.#rack = rack;
    this.#about = about;
  }

  decided(decision: Decision, { status, tick }: Omit<Seen, "decision">): readonly Change[] {
    this.#seen = { decision, status, tick };
    if (this.#followers.size === 0) return [];
    // What somebody waits for is told at once; figures in their turn.
    const words = [status.state, status.compliance, status.effectiveLimitW, status.limitSource].join(" ");
    if (this.#told !== null && words === this.#told.words && tick.uptime - this.#told.at < seconds(this.#everyS(decision))) return [];
    this.#told = { at: tick.uptime, words };
    const after = this.#look(this.#seen);
    for (const [emit, before] of this.#followers) {
      this.#followers.set(emit, after);
      emit({ at: after.at, everyS: this.#everyS(decision), ...liveChanges(before, after) });
    }
    return [];
  }

  happened(event: AgentEvent): void {
    const row = liveEvent(event);
    if (row === null) return;
    this.#events = [...this.#events, row].slice(-EVENTS_KEPT);
    if (this.#seen === null) return;
    for (const emit of this.#followers.keys()) emit({ at: event.at, everyS: this.#everyS(this.#seen.decision), events: [row] });
  }

  /** null: nothing is decided yet. */
  get now(): LiveWord | null {
    return this.#seen === null ? null : this.#whole(this.#seen, this.#look(this.#seen));
  }

  /** Everything at once, then what changes; returns how to stop. */
  follow(emit: (word: LiveWord) => void): () => void {
    if (this.#seen !== null) {
      const look = this.#look(this.#seen);
      emit(this.#whole(this.#seen, look));
      this.#followers.set(emit, look);
    }
    return () => void this.#followers.delete(emit);
  }

  #whole({ decision }: Seen, { at, status, machines }: LiveLook): LiveWord {
    return { at, everyS: this.#everyS(decision), rack: this.#rack, status, machines, events: this.#events };
  }

  #look({ decision, status, tick }: Seen): LiveLook {
    return { at: isoTime(tick.at), status: liveStatus(status, decision), machines: Object.fromEntries(decision.views.map((view) => [view.device.id, liveMachine(view, decision, this.#about(view.device.id))])) };
  }

  #everyS({ views }: Decision): number {
    return Math.max(EVERY_S, Math.ceil(views.length / MACHINES_A_SECOND));
  }
}
