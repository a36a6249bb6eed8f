/** What goes out signed, and what does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, type Decision } from "../../agent/core/decide.ts";
import { startState } from "../../agent/core/state.ts";
import { instant, millis, seconds, watts } from "../../agent/core/units.ts";
import { Reporter } from "../../agent/report/reporter.ts";
import { BindingWatch } from "../../agent/report/status.ts";
import type { OutgoingMessage } from "../../agent/runtime/link.ts";
import { status } from "../cli/answers.ts";
import { input, metered, snapshot } from "../core/rack.ts";
import { ZERO } from "../core/signals.ts";

test("status, acks and capability are sealed for the operator; telemetry and notices are not", () => {
  const sent: OutgoingMessage[] = [];
  const link = { connected: true, publish: (message: OutgoingMessage) => void sent.push(message), next: () => undefined, resubscribe: () => undefined, run: () => Promise.resolve(), deliver: () => Promise.resolve({ kind: "acknowledged" } as const) };
  const reporter = new Reporter({ grid: link, gridRoot: "g", seal: (payload) => `sealed ${payload}`, forward: null, nominalW: 30_000 });
  const { decision } = decide(startState(millis(0)), input(snapshot([], metered(0))));
  reporter.cycle(decision, status, { at: instant(ZERO), telemetryPeriod: null, terms: { outletGrace: seconds(10), rampPercentPerMinute: 20, proven: [], ahead: () => [] } });
  reporter.ack("e1", { status: "ACCEPTED" });
  reporter.event({ at: "", name: "mode.changed" });
  reporter.offline({ online: false });
  const words = sent.map(({ topic, payload }) => `${topic}${String(payload).startsWith("sealed ") ? " sealed" : ""}`);
  assert.deepEqual(words, ["g/status sealed", "g/capability sealed", "g/telemetry", "g/ack/e1 sealed", "g/notice/mode.changed", "g/status sealed"]);
});

test("MQTT 5: what a payload is, what an ack answers, and how long it is worth sending", () => {
  const sent: OutgoingMessage[] = [];
  const link = { connected: true, publish: (message: OutgoingMessage) => void sent.push(message), next: () => undefined, resubscribe: () => undefined, run: () => Promise.resolve(), deliver: () => Promise.resolve({ kind: "acknowledged" } as const) };
  const reporter = new Reporter({ grid: link, gridRoot: "g", seal: (payload) => `sealed ${payload}`, forward: null, nominalW: 30_000 });
  const { decision } = decide(startState(millis(0)), input(snapshot([], metered(0))));
  reporter.cycle(decision, status, { at: instant(ZERO), telemetryPeriod: null, terms: { outletGrace: seconds(10), rampPercentPerMinute: 20, proven: [], ahead: () => [] } });
  reporter.ack("e1", { status: "ACCEPTED" });
  reporter.event({ at: "", name: "mode.changed" });
  assert.deepEqual(sent.map(({ topic, contentType, correlation, expirySeconds }) => [topic, contentType, correlation, expirySeconds]), [
    ["g/status", "application/jose+json", undefined, undefined],
    ["g/capability", "application/jose+json", undefined, undefined],
    ["g/telemetry", "application/json", undefined, 60],
    ["g/ack/e1", "application/jose+json", "e1", undefined],
    ["g/notice/mode.changed", "application/json", undefined, 86_400],
  ]);
});

test("telemetry every 10 s at rest, every 2 s while an event binds, a setpoint is aimed at or the rack is on its way", () => {
  const at = (over: Partial<Decision>): number => {
    const sent: OutgoingMessage[] = [];
    const link = { connected: true, publish: (message: OutgoingMessage) => void sent.push(message), next: () => undefined, resubscribe: () => undefined, run: () => Promise.resolve(), deliver: () => Promise.resolve({ kind: "acknowledged" } as const) };
    const reporter = new Reporter({ grid: link, gridRoot: "g", seal: (payload) => payload, nominalW: 30_000, forward: null });
    const { decision } = decide(startState(millis(0)), input(snapshot([], metered(0))));
    for (let second = 0; second < 20; second += 1) {
      reporter.cycle({ ...decision, ...over, uptime: seconds(second) }, status, { at: instant(ZERO), telemetryPeriod: null, terms: { outletGrace: seconds(10), rampPercentPerMinute: 20, proven: [], ahead: () => [] } });
    }
    return sent.filter(({ topic }) => topic === "g/telemetry").length;
  };
  const binding = (source: "event" | "emergency" | "allocation") => ({ effective: { limit: { kind: "limited", power: watts(5) }, binding: { source, power: watts(5), ref: null, until: null } } }) as const;
  assert.deepEqual([at({}), at(binding("allocation")), at(binding("event")), at(binding("emergency")), at({ setpoint: binding("event").effective.binding }), at({ compliance: { kind: "settling", excess: watts(1), deadline: seconds(9) } })], [2, 2, 10, 10, 10, 10]);
});

test("a binding limit says since when it is the same that limits", () => {
  const watch = new BindingWatch();
  const { decision } = decide(startState(millis(0)), input(snapshot([], metered(0))));
  const look = (second: number, source: "event" | "failsafe" | null): number | null =>
    watch.look({ ...decision, effective: { limit: { kind: "unlimited" }, binding: source === null ? null : { source, power: watts(second), ref: null, until: null } } }, instant(second));
  assert.deepEqual([look(1, "event"), look(2, "event"), look(3, "failsafe"), look(4, null), look(5, "event")], [1, 1, 3, null, 5]);
});
