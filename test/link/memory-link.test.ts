import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { millis, seconds } from "../../agent/core/units.ts";
import type { LinkListener } from "../../agent/runtime/link.ts";
import { matches, MemoryBroker, MemoryLink } from "../support/memory-link.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const say = (topic: string, payload: string, retain = true) => ({ topic, payload, qos: 1, retain }) as const;

function rig(will = "offline") {
  const clock = new VirtualClock();
  const broker = new MemoryBroker(clock);
  const link = new MemoryLink(broker, clock, { clientId: "rack", subscriptions: [{ topic: "in/#", qos: 1 }], will: (connection) => say("out/status", `${will} ${connection}`) });
  const heard: string[] = [];
  const listener: LinkListener = {
    message: ({ topic, payload, retain }) => heard.push(`${topic}=${Buffer.from(payload).toString()}${retain ? " retained" : ""}`),
    connected: (count) => heard.push(`connected ${count}`),
    disconnected: (reason) => heard.push(`lost: ${reason}`),
  };
  const stop = new AbortController();
  const done = link.run(listener, stop.signal);
  return { clock, broker, link, heard, stop, done };
}

describe("memory link", () => {
  test("hears what is retained on connect and on resubscribe, and what is published between", async () => {
    const { clock, broker, link, heard, stop, done } = rig();
    broker.publish(say("in/a", "1"));
    await clock.advance(millis(10));
    broker.publish(say("in/b", "2", false));
    broker.publish(say("elsewhere", "3"));
    await clock.advance(millis(10));
    link.resubscribe();
    await clock.advance(millis(10));
    assert.deepEqual(heard, ["connected 1", "in/a=1 retained", "in/b=2", "in/a=1 retained"]);
    stop.abort();
    await done;
    assert.equal(heard.at(-1), "lost: stopped");
  });

  test("a cut publishes the will and the link returns; an orderly end does not", async () => {
    const { clock, broker, heard, stop, done } = rig();
    await clock.advance(seconds(1));
    broker.cut("rack");
    assert.equal(broker.retained.get("out/status")?.payload, "offline 1");
    await clock.advance(seconds(1));
    assert.deepEqual(heard, ["connected 1", "lost: the connection was cut", "connected 2"]);
    stop.abort();
    await done;
    assert.equal(broker.retained.get("out/status")?.payload, "offline 1");
  });

  test("while the broker is down QoS 1 waits, the newest of a retained topic only", async () => {
    const { clock, broker, link, stop, done } = rig();
    await clock.advance(seconds(1));
    broker.goDown();
    link.publish(say("out/status", "old"));
    link.publish(say("out/status", "new"));
    link.publish(say("out/ack", "a", false));
    link.publish({ topic: "out/telemetry", payload: "t", qos: 0, retain: false });
    const seen: string[] = [];
    await clock.advance(seconds(60));
    broker.observe("operator", "out/#", ({ topic, payload }) => seen.push(`${topic}=${Buffer.from(payload).toString()}`));
    broker.comeUp();
    await clock.advance(seconds(1));
    assert.deepEqual(seen, ["out/status=new", "out/ack=a"]);
    stop.abort();
    await done;
  });

  test("hooks delay, reorder, duplicate and lose", async () => {
    const { clock, broker, heard, stop, done } = rig();
    await clock.advance(seconds(1));
    broker.network({
      delay: ({ payload }) => millis(payload === "slow" ? 500 : 10),
      copies: ({ payload }) => (payload === "lost" ? 0 : payload === "twice" ? 2 : 1),
    });
    for (const payload of ["slow", "quick", "lost", "twice"]) broker.publish(say("in/x", payload, false));
    await clock.advance(seconds(1));
    assert.deepEqual(heard.slice(1), ["in/x=quick", "in/x=twice", "in/x=twice", "in/x=slow"]);
    stop.abort();
    await done;
  });

  test("topic filters", () => {
    for (const [filter, topic, expected] of [
      ["a/b", "a/b", true],
      ["a/b", "a/b/c", false],
      ["a/+", "a/b", true],
      ["a/+", "a/b/c", false],
      ["a/+/c", "a/b/c", true],
      ["a/#", "a/b/c", true],
      ["a/#", "a", true],
      ["a/+", "a", false],
      ["#", "x", true],
    ] as const) {
      assert.equal(matches(filter, topic), expected, `${filter} ${topic}`);
    }
  });
});
