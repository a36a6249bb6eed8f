/** TELL: what was decided and what happened, to everybody it concerns: operator, farm, log, attendants, whoever follows. */
import type { Decision } from "./core/decide.ts";
import { flexibilityOf, type Emergency } from "./core/flexibility.ts";
import type { Heard } from "./core/grid.ts";
import { heartbeatTimeout, restartRule } from "./core/mode.ts";
import type { Ahead } from "./core/outlook.ts";
import type { Tick } from "./core/time.ts";
import type { Millis } from "./core/units.ts";
import { instant, millis, seconds } from "./core/units.ts";
import type { DaemonParts } from "./parts.ts";
import type { PlantEvent } from "./plant/listener.ts";
import { ackDocument } from "./report/ack-document.ts";
import { OpenDocuments } from "./report/acks.ts";
import { askedBy } from "./report/asked.ts";
import { changesBetween } from "./report/changes.ts";
import { EventRing } from "./report/events.ts";
import { Reporter } from "./report/reporter.ts";
import { spoken } from "./report/runbook/runbook.ts";
import type { StatusDocument } from "./report/status.ts";
import { BindingWatch, statusDocument, willDocument } from "./report/status.ts";
import { Secrets } from "./runtime/secrets.ts";
import type { SignalEffect } from "./signal/effects.ts";

const anyone = new Secrets();

export interface TellerOptions {
  /** As they are now: some change while the rack runs. */
  readonly parts: () => DaemonParts;
  /** The limits that follow for so long. */
  readonly ahead: (length: Millis) => readonly Ahead[];
}

/** The operator is told of the next hours. */
const AHEAD = seconds(4 * 3_600);

export class Teller {
  readonly events = new EventRing();
  readonly #parts: () => DaemonParts;
  readonly #ahead: TellerOptions["ahead"];
  readonly #reporter: Reporter;
  readonly #open = new OpenDocuments();
  readonly #binding = new BindingWatch();
  #decision: Decision | null = null;
  #status: StatusDocument | null = null;
  #connects = 0;

  constructor({ parts, ahead }: TellerOptions) {
    this.#parts = parts;
    this.#ahead = ahead;
    const { grid, gridRoot, seal, forward, policy } = parts();
    this.#reporter = new Reporter({ grid, gridRoot, seal, forward, nominalW: policy.nominal });
  }

  /** null before the first decision. */
  get status(): StatusDocument | null {
    return this.#status;
  }

  /** The grid link has connected for the `count`th time. */
  connected(count: number): void {
    this.#connects = count;
    this.renew();
    this.event("link.connected", { link: "grid", count });
  }

  /** A broker we are newly connected to gets everything retained again. */
  renew(): void {
    this.#reporter.renew();
  }

  /** A decision, its orders posted. */
  decided(decision: Decision, { tick, heard }: { readonly tick: Tick; readonly heard: Heard }): void {
    const { signal, operated = true, software, config, policy, attendants, logHead, proven } = this.#parts();
    const before = this.#decision;
    this.#decision = decision;
    // What has changed, and then what is done about it.
    for (const { name, fields } of changesBetween(before, decision)) this.event(name, fields);
    for (const { id, device, setpoint, cause } of decision.orders) this.event("setpoint.ordered", { order: id, device, setpoint, cause });
    const facts = { ...signal.summary(tick), ...(!operated && { ...lifeOf(heard, tick), heartbeat: null, signatures: null }) };
    this.#status = statusDocument(decision, { session: this.#session(), at: tick.at, bindingSince: this.#binding.look(decision, tick.at), signal: facts, software, config, logHead: logHead() });
    const asked = askedBy(heard.allocations, signal.now(tick));
    for (const attendant of attendants) {
      for (const { name, fields } of attendant.decided?.(decision, { status: this.#status, tick, asked }) ?? []) this.event(name, fields);
    }
    const { outlets, restart, responseTime, nominal } = policy;
    const { rampPercentPerMinute } = restartRule(heard.allocations, restart);
    const terms = { outletGrace: outlets.grace, rampPercentPerMinute, proven: proven?.() ?? [], ahead: () => this.#ahead(AHEAD) };
    this.#reporter.cycle(decision, this.#status, { at: tick.at, telemetryPeriod: asked.telemetry, terms });
    const emergency = (): Emergency | null => flexibilityOf(decision, outlets.grace).emergency;
    for (const { ref, type, expectedSettleAfter, ...outcome } of this.#open.outcomes(decision, { earliest: signal.now(tick).earliest, responseTime, emergency, nominal })) {
      const expectedSettleAt = expectedSettleAfter === null ? null : instant(tick.at + expectedSettleAfter);
      this.#reporter.ack(ref.id, ackDocument({ ...outcome, expectedSettleAt }, { ref, of: type, at: tick.at, decision, shareFrom: facts.shareFrom }));
    }
  }

  /** What becomes of a document. */
  ack(ack: Extract<SignalEffect, { kind: "ack" }>["ack"]): void {
    const { clock, policy, signal } = this.#parts();
    const tick = clock.now();
    const { ref, type, terms, ...said } = ack;
    if (ack.status === "ACCEPTED") this.#open.accepted({ ref, type, terms }, this.#decision);
    else if (ack.status === "CANCELLED" || ack.status === "SUPERSEDED" || ack.status === "OPT_OUT") this.#open.ended(ref);
    const settles = instant(Math.max(tick.at, terms?.begins ?? tick.at) + (terms?.respondWithin ?? policy.responseTime));
    const expectedSettleAt = ack.status === "ACCEPTED" ? settles : null;
    this.#reporter.ack(ref.id, ackDocument({ ...said, expectedSettleAt }, { ref, of: type, at: tick.at, decision: this.#decision, shareFrom: signal.summary(tick).shareFrom }));
  }

  plantEvent(event: PlantEvent): void {
    if ("order" in event) {
      const { order, name, ...fields } = event;
      this.event(name, { order: order.id, device: order.device, setpoint: order.setpoint, cause: order.cause, ...fields });
    } else {
      const { name, ...fields } = event;
      this.event(name, fields);
    }
  }

  /** To the log, the journal, the farm and the operator: nothing secret goes further than here. */
  event(name: string, told: Readonly<Record<string, unknown>>): void {
    const { clock, log, attendants, secrets = anyone } = this.#parts();
    const facts = secrets.hide(told);
    // What happens while a rehearsed document binds is part of the rehearsal.
    const fields = this.#decision?.effective.binding?.ref?.drill === true ? { ...facts, drill: true } : facts;
    const event = this.events.add(name, clock.now().at, fields);
    const { level, text } = spoken(name, fields);
    log[level]({ event: name, ...fields }, text);
    this.#reporter.event(event);
    for (const attendant of attendants) attendant.happened?.(event);
  }

  /** The last word before the links close on purpose. */
  offline(heartbeatTimeoutS: number): void {
    this.#reporter.offline({ ...willDocument({ session: this.#session(), failsafeW: this.#parts().policy.failsafe, heartbeatTimeoutS }), reason: "stopped" });
  }

  #session(): StatusDocument["session"] {
    return { boot: this.#parts().boot, connects: this.#connects };
  }
}

/** Where no operator beats, the sign of life is that of whoever speaks. */
function lifeOf({ heartbeat: { bornAt }, allocations }: Heard, { uptime }: Tick) {
  return { heartbeatAge: bornAt === null ? null : millis(Math.max(0, uptime - bornAt)), heartbeatTimeout: heartbeatTimeout(allocations) };
}
