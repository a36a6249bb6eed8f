import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Sequence, stateDirectory } from "../../agent/cli/operator/sequence.ts";
import { readSpoken, Spoken } from "../../agent/cli/operator/spoken.ts";
import { compose, type Composed } from "../../agent/signal/compose.ts";
import type { DocumentType } from "../../agent/signal/documents/envelope.ts";

const now = Date.parse("2026-11-22T18:00:00Z");
const node = "site/s1/rack/r1";
const own = (path: string): string => `gla/1/demo/${node}/${path}`;
const key = { kid: "k", key: generateKeyPairSync("ed25519").privateKey };
const document = (type: DocumentType, seq: number, more: { readonly node?: string; readonly exp?: number; readonly id?: string; readonly signed?: boolean } = {}): Composed =>
  compose(type, {}, { operator: "demo", node: more.node ?? node, seq, iat: now - 1_000, exp: more.exp ?? now + 60_000, key: more.signed === true ? key : null, ...(more.id !== undefined && { id: more.id }) });

function spoken(...documents: readonly { readonly topic: string; readonly payload: string }[]): Spoken {
  const said = new Spoken({ prefix: "gla/1", operator: "demo", site: "s1", rack: "r1" });
  for (const { topic, payload } of documents) said.hear({ topic, payload: Buffer.from(payload), retain: true });
  return said;
}
const lastOf = (said: Spoken, used: ReadonlyMap<string, number> = new Map()): Readonly<Record<string, unknown>> => said.last(now, used).last;

describe("what a heartbeat names", () => {
  test("every topic of the rack, signed or not, its site's and all's", () => {
    const said = spoken(document("ALLOCATION", 5), document("LIMIT", 6, { id: "e1", signed: true }), document("EMERGENCY", 7, { node: "all" }), document("KEYS", 8), document("ALLOCATION", 9, { node: "site/s1" }));
    assert.deepEqual(lastOf(said), {
      [own("allocation")]: [0, 5], [own("event/e1")]: [0, 6], "gla/1/demo/all/emergency": [0, 7], "gla/1/demo/keys": [0, 8], "gla/1/demo/site/s1/allocation": [0, 9],
    });
  });

  test("not what has ended, been cleared, or is for others", () => {
    const cleared = { topic: own("event/e2"), payload: "" };
    const said = spoken(
      document("LIMIT", 5, { id: "e1", exp: now }), document("LIMIT", 6, { id: "e2" }), cleared, document("ALLOCATION", 7, { node: "site/s1/rack/r2" }), { topic: own("allocation"), payload: "junk" },
    );
    assert.deepEqual(lastOf(said), {});
  });

  test("an emergency whatever its times", () => assert.deepEqual(lastOf(spoken(document("EMERGENCY", 5, { exp: now - 500 }))), { [own("emergency")]: [0, 5] }));

  const payload = '{"limitW":4000}';
  const id = `short-${createHash("sha256").update(payload).digest("hex").slice(0, 16)}`;
  const status = (heldId: string): { topic: string; payload: string } => ({
    topic: own("status"), payload: JSON.stringify({ session: { boot: "b" }, held: { [own("allocation")]: [0, 77] }, heldIds: { [own("allocation")]: heldId } }),
  });
  test("a short form as the agent has numbered it", () => assert.deepEqual(lastOf(spoken({ topic: own("allocation"), payload }, status(id))), { [own("allocation")]: [0, 77] }));
  test("a short form not yet taken is not named", () => {
    assert.deepEqual(lastOf(spoken({ topic: own("allocation"), payload }, status("short-0000000000000000"))), {});
    assert.deepEqual(lastOf(spoken({ topic: own("allocation"), payload }, { topic: own("status"), payload: "[" })), {});
  });

  test("what was sent from here, where the broker brings back something older", () => {
    const { last, stale } = spoken(document("ALLOCATION", 5), document("LIMIT", 6, { id: "e1" })).last(now, new Map([[own("allocation"), 9], [own("event/e1"), 6]]));
    assert.deepEqual(last, { [own("allocation")]: [0, 9], [own("event/e1")]: [0, 6] });
    assert.deepEqual(stale, [own("allocation")]);
  });

  test("a new session of the agent is noticed", () => {
    const said = spoken(status(id));
    const before = said.session;
    said.hear({ topic: own("status"), payload: Buffer.from(JSON.stringify({ session: { boot: "c" } })), retain: false });
    assert.notEqual(said.session, before);
  });

  for (const text of ["", "{", "[]", "null", '{"payload":"e30"}', '{"payload":"%"}', '{"type":"LIMIT","id":"x","epoch":"0","seq":1}', '{"type":"EMERGENCY","id":"stop\\u001b[2J","epoch":0,"seq":1}']) {
    test(`${text || "nothing"} is no document`, () => assert.equal(readSpoken(Buffer.from(text)), null));
  }
});

test("sequence numbers rise, also when the clock goes back and in a new process", async (context) => {
  const dir = await mkdtemp(join(tmpdir(), "curtaild-seq-"));
  context.after(() => rm(dir, { recursive: true, force: true }));
  const topic = own("allocation");
  assert.equal(await new Sequence(dir).last(topic), null);
  assert.equal(await new Sequence(dir).next(topic, 1_000.7), 1_000);
  assert.equal(await new Sequence(dir).next(topic, 500), 1_001);
  assert.equal(await new Sequence(dir).next(own("event/e1"), 500), 500);
  assert.equal(await new Sequence(dir).next(topic, 2_000), 2_000);
  assert.equal(await new Sequence(dir).last(topic), 2_000);
  assert.equal(stateDirectory({ XDG_STATE_HOME: "/x" }), "/x/curtaild/operator");
});

test("the head of the rack's journal, as it last signed it, is what a heartbeat echoes", () => {
  const head = (logHead: unknown): { topic: string; payload: string } => ({ topic: own("log/head"), payload: JSON.stringify({ v: 1, type: "LOG_HEAD", at: "2026-11-22T18:00:00Z", logHead }) });
  assert.equal(spoken().seen, null);
  assert.equal(spoken(head("7:aa"), head("9:bb")).seen, "9:bb");
  assert.equal(spoken(head("7:aa"), head(5), { topic: own("log/head"), payload: "junk" }).seen, "7:aa");
});
