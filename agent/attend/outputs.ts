/**
 * Contacts the agent switches: status lamps, a watchdog relay's input, and a contactor that an E-stop opens once the machines have had time to go to
 * sleep. Level, not edge: what a contact reads is compared with what it should be, and an order follows where they differ.
 */
import { formatOutlet } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import type { Decision } from "../core/decide.ts";
import type { Tick } from "../core/time.ts";
import { seconds, type Millis } from "../core/units.ts";
import type { MeterLoop } from "../plant/meter-loop.ts";
import type { Change } from "../report/changes.ts";
import type { Clock } from "../runtime/clock.ts";
import { within } from "../runtime/deadline.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { messageOf } from "../runtime/errors.ts";

type Output = Config["contacts"]["outputs"][number];

interface Contact {
  readonly output: Output;
  readonly name: string;
  /** null: nobody has said yet, or it is to stay as it is. */
  wanted: boolean | null;
  /** The last order failed, and it was said. */
  failing: boolean;
}

const PERIOD = seconds(1);
/** A watchdog relay is set to several of these. */
const BEAT = seconds(2);
const ORDER_DEADLINE = seconds(5);

export class Outputs implements Attendant {
  readonly name = "outputs";
  readonly #clock: Clock;
  readonly #grace: Millis;
  readonly #contacts: readonly Contact[];
  #desk: Desk | null = null;
  #stoppedSince: Millis | null = null;

  /** `grace`: from an E-stop until its contactor opens. */
  constructor(outputs: readonly Output[], { clock, grace }: { readonly clock: Clock; readonly grace: Millis }) {
    this.#clock = clock;
    this.#grace = grace;
    this.#contacts = outputs.map((output) => ({ output, name: formatOutlet(output.output), wanted: null, failing: false }));
  }

  attach(_kept: unknown, desk: Desk): void {
    this.#desk = desk;
  }

  decided(decision: Decision, { tick }: { readonly tick: Tick }): readonly Change[] {
    const stopped = decision.effective.binding?.source === "estop";
    this.#stoppedSince = stopped ? (this.#stoppedSince ?? tick.uptime) : null;
    for (const contact of this.#contacts) contact.wanted = this.#wanted(contact.output, decision, tick);
    return [];
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(this.#contacts.map((contact) => this.#tend(contact, signal)));
      await this.#clock.sleep(PERIOD, signal).catch(() => undefined);
    }
  }

  #wanted({ as, shows }: Output, decision: Decision, { uptime }: Tick): boolean | null {
    switch (as) {
      case "lamp": return lit(shows, decision);
      case "contactor": return this.#contactor(uptime);
      // Its beat is the cycle's: a loop that is stuck lets it stand still, and the relay behind it falls.
      case "watchdog": return Math.floor(uptime / BEAT) % 2 === 0;
    }
  }

  /** After a restart under an E-stop nobody knows how long it has lasted: until the grace is over again the contactor stays as it is. */
  #contactor(uptime: Millis): boolean | null {
    if (this.#stoppedSince === null) return true;
    return uptime - this.#stoppedSince >= this.#grace ? false : null;
  }

  async #tend(contact: Contact, signal: AbortSignal): Promise<void> {
    const { meter, outlet } = contact.output.output;
    const { wanted } = contact;
    const loop = this.#desk?.plant.meters.find((candidate) => candidate.meter.id === meter);
    if (loop === undefined || wanted === null || stateOf(loop, outlet) === wanted) return;
    try {
      await within(this.#clock, ORDER_DEADLINE, (until) => loop.meter.switch(outlet, wanted, until), signal);
      contact.failing = false;
      if (contact.output.as !== "watchdog") this.#desk?.event("output.switched", { output: contact.name, on: wanted, as: contact.output.as });
    } catch (error) {
      if (signal.aborted) return;
      if (!contact.failing) this.#desk?.event("output.failed", { output: contact.name, on: wanted, message: messageOf(error) });
      contact.failing = true;
    }
  }
}

const stateOf = (loop: MeterLoop, outlet: number): boolean | null => loop.reading?.outlets.find(({ index }) => index === outlet)?.on ?? null;

function lit(shows: Output["shows"], { state, compliance, meter }: Decision): boolean {
  switch (shows) {
    case "emergency": return state === "emergency";
    case "limited": return state === "limited" || state === "failsafe" || state === "emergency";
    case "trouble": return compliance.kind === "violating" || compliance.kind === "unverified" || meter !== "trusted";
  }
}
