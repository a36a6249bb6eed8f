import type { Decision } from "../core/decide.ts";
import { flexibilityOf } from "../core/flexibility.ts";
import type { Instant, Millis } from "../core/units.ts";
import { millis, seconds } from "../core/units.ts";
import type { Link } from "../runtime/link.ts";
import { capabilityDocument, CapabilityWatch, shedOf, type CapabilityContext } from "./capability.ts";
import type { AgentEvent } from "./events.ts";
import type { StatusDocument } from "./status.ts";
import { statusKey } from "./status.ts";
import { telemetryDocument } from "./telemetry.ts";

export interface ReporterOptions {
  readonly grid: Link;
  /** The node's topic root, `gla/1/{operator}/site/{site}/rack/{rack}`. */
  readonly gridRoot: string;
  /** Signs what the contract asks to be signed. */
  readonly seal: (payload: string) => string;
  /** Takes what has to reach the operator even if it takes days; null: nothing can be kept, and it goes out now or never. */
  readonly forward: ((topic: string, document: object) => void) | null;
  readonly nominalW: number;
}

/** Figures change all the time; words rarely. A status goes out when a word changes, and this often for the figures in it. */
const STATUS_AT_LEAST = seconds(30);
const TELEMETRY_AT_REST = seconds(10);
const TELEMETRY_IN_EVENT = seconds(2);
/** Signed by the device key where signatures are required; telemetry and notices are for the eye. */
const SIGNED = /^(status|(ack|report)\/.+|interval|capability|log\/head)$/;
export const isSigned = (topic: string): boolean => SIGNED.test(topic);
/** What the operator gets of our events; everything about single machines stays on the farm. */
const GRID_EVENTS = /^(mode|limit|compliance|signal|emergency|storage|clock|mains|schedule|rack|daemon)\./;

/** Of the policy in force and of what was measured: what an operator may plan with. */
export type CapabilityTerms = Pick<CapabilityContext, "outletGrace" | "rampPercentPerMinute" | "proven" | "ahead">;

/** What the operator will not miss when it comes later than this; MQTT 5 brokers drop it by themselves. What is evidence never expires. */
const EXPIRES: readonly (readonly [topic: RegExp, seconds: number])[] = [[/^telemetry$/, 60], [/^notice\//, 86_400]];

const EVENTS = new Set(["event", "emergency", "estop"]);

/** An event of the grid binds or is aimed at, or the rack is on its way. */
function inEvent({ effective, setpoint, compliance }: Decision): boolean {
  return EVENTS.has(effective.binding?.source ?? "") || setpoint !== null || compliance.kind === "settling" || compliance.kind === "violating";
}

/** Publishes what the grid operator may know: the rack. What is told of its machines stays on the farm link. */
export class Reporter {
  readonly #options: ReporterOptions;
  #statusKey = "";
  #statusAt: Millis | null = null;
  readonly #capability = new CapabilityWatch();
  #telemetryAt: Millis | null = null;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** A broker we are newly connected to gets everything retained again. */
  renew(): void {
    this.#statusKey = "";
    this.#capability.renew();
  }

  cycle(decision: Decision, status: StatusDocument, { at, telemetryPeriod, terms }: { readonly at: Instant; readonly telemetryPeriod: Millis | null; readonly terms: CapabilityTerms }): void {
    const { uptime } = decision;
    const due = (last: Millis | null, period: Millis): boolean => last === null || uptime - last >= period;
    const key = statusKey(status);
    if (key !== this.#statusKey || due(this.#statusAt, STATUS_AT_LEAST)) {
      this.#statusKey = key;
      this.#statusAt = uptime;
      this.#toGrid("status", status, { qos: 1, retain: true });
    }
    const { nominalW } = this.#options;
    const { heartbeatTimeoutS, shareFrom } = status;
    if (this.#capability.due(decision, { nominalW, shed: () => shedOf(flexibilityOf(decision, terms.outletGrace)) })) {
      this.#toGrid("capability", capabilityDocument(decision, { ...terms, at, nominalW, heartbeatTimeoutS, shareFrom }), { qos: 1, retain: true });
    }
    const period = millis(Math.min(inEvent(decision) ? TELEMETRY_IN_EVENT : Infinity, telemetryPeriod ?? TELEMETRY_AT_REST));
    if (due(this.#telemetryAt, period)) {
      this.#telemetryAt = uptime;
      this.#toGrid("telemetry", telemetryDocument(decision, at), { qos: 0, retain: false });
    }
  }

  ack(id: string, document: object): void {
    const { forward } = this.#options;
    if (forward !== null) forward(`ack/${id}`, document);
    else this.#toGrid(`ack/${id}`, document, { qos: 1, retain: false, correlation: id });
  }

  event(event: AgentEvent): void {
    if (GRID_EVENTS.test(event.name)) this.#toGrid(`notice/${event.name}`, event, { qos: 1, retain: false });
  }

  /** The last word before the link closes on purpose. */
  offline(document: object): void {
    this.#toGrid("status", document, { qos: 1, retain: true });
  }

  #toGrid(topic: string, document: object, how: { readonly qos: 0 | 1; readonly retain: boolean; readonly correlation?: string }): void {
    const { grid, gridRoot, seal } = this.#options;
    const payload = JSON.stringify(document);
    const sealed = SIGNED.test(topic) ? seal(payload) : payload;
    const expirySeconds = EXPIRES.find(([form]) => form.test(topic))?.[1];
    grid.publish({ topic: `${gridRoot}/${topic}`, payload: sealed, contentType: sealed === payload ? "application/json" : "application/jose+json", ...how, ...(expirySeconds !== undefined && { expirySeconds }) });
  }
}
