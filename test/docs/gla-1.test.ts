/** The examples of docs/gla-1.md, published to a rack in their order. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Bench, codes } from "../signal/bench.ts";

const docs = new URL("../../../docs/", import.meta.url);
const page = readFileSync(new URL("gla-1.md", docs), "utf8");

interface Example {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}
const examples = [...page.matchAll(/^mosquitto_pub -q (\d)( -r)? -t (\S+) -m '([^']*)'/gm)].map(([, , retain, topic = "", payload = ""]): Example => ({ topic, payload, retain: retain !== undefined }));

describe("docs/gla-1.md", () => {
  test("every mosquitto_pub in it is one this test reads", () => {
    assert.equal(examples.length, page.match(/^mosquitto_pub/gm)?.length);
    assert.ok(examples.length >= 9);
  });

  test("every example does what the page says", () => {
    const bench = new Bench();
    const answers = examples.map(({ topic, payload, retain }) => {
      const { type = "short form" } = JSON.parse(payload) as { readonly type?: string };
      assert.equal(retain, type !== "HEARTBEAT", `${type} is retained by the broker, a heartbeat is not`);
      return [type, ...codes(bench.hear({ topic, payload }))].join(" ");
    });
    assert.deepEqual(answers, [
      "short form RECEIVED ACCEPTED", "ALLOCATION RECEIVED ACCEPTED", "LIMIT RECEIVED ACCEPTED", "SETPOINT RECEIVED ACCEPTED", "LEVEL RECEIVED ACCEPTED",
      "LIMIT RECEIVED CANCELLED", "EMERGENCY RECEIVED ACCEPTED", "RELEASE RECEIVED ACCEPTED", "HEARTBEAT",
    ]);
    assert.deepEqual(bench.signal.summary(bench.tick()).refused, {});
  });

  test("every JSON block is JSON", () => {
    for (const [, json = ""] of page.matchAll(/^```json\n([\s\S]*?)^```/gm)) assert.doesNotThrow(() => JSON.parse(json), json);
  });

  test("every link leads somewhere", () => {
    const anchors = new Set([...page.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => `#${title.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")}`));
    for (const [, to = ""] of page.matchAll(/\]\(([^)]+)\)/g)) assert.ok(to.startsWith("#") ? anchors.has(to) : existsSync(new URL(to, docs)), to);
  });
});
