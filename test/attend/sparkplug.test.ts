import assert from "node:assert/strict";
import { test } from "node:test";
import type { Desk } from "../../agent/attend/attendant.ts";
import { Sparkplug } from "../../agent/attend/sparkplug.ts";
import { NO_NOTES } from "../../agent/report/devices.ts";
import type { Link, LinkListener } from "../../agent/runtime/link.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";

test("a bug of ours in a message of the farm's broker is a refusal, and the connection goes on", async () => {
  const clock = stopwatch();
  let armed = false;
  const faulty = { ...clock, now: () => {
    if (!armed) return clock.now();
    armed = false;
    throw new RangeError("thrown in on purpose");
  } };
  const heard: LinkListener[] = [];
  const link = { run: async (listener: LinkListener) => void heard.push(listener), publish: () => undefined, next: () => undefined } as unknown as Link;
  const node = new Sparkplug({ group: "mining", node: "r1", primaryHost: null, brokers: 1, machines: [], pdus: [], about: () => NO_NOTES, clock: faulty, door: () => link });
  const events: unknown[] = [];
  node.attach(null, { event: (name: string, fields: object) => events.push([name, fields]), soon: () => undefined, keep: async () => undefined } as unknown as Desk);
  await node.run(new AbortController().signal);
  const [listener] = heard;
  assert.ok(listener !== undefined);
  listener.connected(1);
  armed = true;
  listener.message({ topic: "spBv1.0/mining/NCMD/r1", payload: new Uint8Array([1]), retain: true });
  assert.deepEqual(events, [["command.refused", { topic: "spBv1.0/mining/NCMD/r1", metrics: "a bug of ours: thrown in on purpose" }]]);
});
