/** What goes out signed, and what does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../agent/core/decide.ts";
import { startState } from "../../agent/core/state.ts";
import { instant, millis, seconds } from "../../agent/core/units.ts";
import { NO_NOTES } from "../../agent/report/devices.ts";
import { Reporter } from "../../agent/report/reporter.ts";
import type { OutgoingMessage } from "../../agent/runtime/link.ts";
import { status } from "../cli/answers.ts";
import { input, metered, snapshot } from "../core/rack.ts";
import { ZERO } from "../core/signals.ts";

test("status, acks and capability are sealed for the operator; telemetry, notices and the farm's copies are not", () => {
  const sent: OutgoingMessage[] = [];
  const link = { connected: true, publish: (message: OutgoingMessage) => void sent.push(message), resubscribe: () => undefined, run: () => Promise.resolve(), deliver: () => Promise.resolve({ kind: "acknowledged" } as const) };
  const reporter = new Reporter({ grid: link, gridRoot: "g", seal: (payload) => `sealed ${payload}`, farm: { link, root: "f" }, forward: null, nominalW: 30_000, about: () => NO_NOTES });
  const { decision } = decide(startState(millis(0)), input(snapshot([], metered(0))));
  reporter.cycle(decision, status, { at: instant(ZERO), telemetryPeriod: null, terms: { outletGrace: seconds(10), rampPercentPerMinute: 20, proven: [] } });
  reporter.ack("e1", { status: "ACCEPTED" });
  reporter.event({ at: "", name: "mode.changed" });
  reporter.offline({ online: false });
  const words = sent.map(({ topic, payload }) => `${topic}${String(payload).startsWith("sealed ") ? " sealed" : ""}`);
  assert.deepEqual(words, ["g/status sealed", "g/capability sealed", "g/telemetry", "f/status", "g/ack/e1 sealed", "g/notice/mode.changed", "f/notice/mode.changed", "g/status sealed"]);
});

test("MQTT 5: what a payload is, what an ack answers, and how long it is worth sending", () => {
  const sent: OutgoingMessage[] = [];
  const link = { connected: true, publish: (message: OutgoingMessage) => void sent.push(message), resubscribe: () => undefined, run: () => Promise.resolve(), deliver: () => Promise.resolve({ kind: "acknowledged" } as const) };
  const reporter = new Reporter({ grid: link, gridRoot: "g", seal: (payload) => `sealed ${payload}`, farm: null, forward: null, nominalW: 30_000, about: () => NO_NOTES });
  const { decision } = decide(startState(millis(0)), input(snapshot([], metered(0))));
  reporter.cycle(decision, status, { at: instant(ZERO), telemetryPeriod: null, terms: { outletGrace: seconds(10), rampPercentPerMinute: 20, proven: [] } });
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
