/** What an operator believes of what racks say, and how it is shown. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Cards, readCards, type Card, type Heard } from "../../agent/cli/operator/card.ts";
import { ackText, cells, csv, csvHead, lineOf, speakerOf, table } from "../../agent/cli/operator/rack-line.ts";
import { signJws } from "../../agent/signal/jws.ts";
import { newKey, node } from "../signal/bench.ts";

const rack = newKey("rack-1");
const other = newKey("rack-1");
const card: Card = {
  v: 1, type: "CARD", operator: "demo", node, kid: "rack-1", key: rack.publicKey.export({ format: "jwk" }) as Card["key"], fingerprint: "0".repeat(64),
  nominalW: 33_528, floorW: 320, failsafeLimitW: 10_000, heartbeatTimeoutS: 120, signatures: "required",
};
const word = (said: object, key = rack): Uint8Array => Buffer.from(signJws(JSON.stringify(said), key));

describe("cards", () => {
  const rows: [string, Cards, Uint8Array, Heard["trust"] | null][] = [
    ["signed by the key on the card", new Cards([card]), word({ a: 1 }), "verified"],
    ["signed by another key of the same name", new Cards([card]), word({ a: 1 }, other), null],
    ["unsigned, though there is a card", new Cards([card]), Buffer.from('{"a":1}'), null],
    ["changed after it was signed", new Cards([card]), Buffer.from(Buffer.from(word({ a: 1 })).toString().replace(/"payload":"./, '"payload":"f')), null],
    ["signed, without a card", new Cards([]), word({ a: 1 }), "signed"],
    ["unsigned, without a card", new Cards([]), Buffer.from('{"a":1}'), "unsigned"],
    ["not JSON", new Cards([]), Buffer.from("{"), null],
    ["a list", new Cards([]), Buffer.from("[]"), null],
    ["larger than any", new Cards([]), Buffer.alloc(70_000, " "), null],
  ];
  for (const [name, cards, payload, trust] of rows) test(name, () => assert.equal(cards.open(payload, node)?.trust ?? null, trust));

  let dir = "";
  before(async () => void (dir = await mkdtemp(join(tmpdir(), "curtaild-card-"))));
  after(async () => rm(dir, { recursive: true, force: true }));

  test("are read from files, and what is no card is refused with the cure", async () => {
    await writeFile(join(dir, "card.json"), JSON.stringify(card));
    assert.equal((await readCards([join(dir, "card.json")])).open(word({}), node)?.trust, "verified");
    await writeFile(join(dir, "bad.json"), JSON.stringify({ ...card, fingerprint: "?" }));
    await assert.rejects(readCards([join(dir, "bad.json")]), /is no rack's card [\s\S]*fingerprint[\s\S]*curtailctl grid card/);
    await assert.rejects(readCards([join(dir, "none.json")]), /is no rack's card/);
  });
});

describe("the table of racks", () => {
  const heard = (said: Readonly<Record<string, unknown>>): Heard => ({ said, trust: "verified" });
  const status = { online: true, at: "2026-11-22T18:00:00.000Z", state: "limited", compliance: "compliant", bindingDoc: "peak", drill: true, effectiveLimitW: 8_000, measuredW: 7_900, heartbeatAgeS: 3 };
  const racks = new Map([
    ["site/s1/rack/r2", lineOf("site/s1/rack/r2", heard({ ...status, measuredW: 5_000, bindingDoc: '=cmd|" ' }), ackText({ id: "peak", status: "SETTLED", drill: true }))],
    ["site/s1/rack/r1", lineOf("site/s1/rack/r1", heard(status), "-")],
  ]);
  const at = "2026-11-22T18:00:01.000Z";

  test("CSV has a row a rack and a row for the sum", () => {
    assert.equal(csvHead.trimEnd().split(",").length, 11);
    assert.deepEqual(csv(racks, at).split("\n"), [
      `${at},site/s1/rack/r1,true,limited,compliant,peak (drill),-,verified,3,8000,7900`,
      `${at},site/s1/rack/r2,true,limited,compliant,"'=cmd|""  (drill)",peak SETTLED (drill),verified,3,8000,5000`,
      `${at},sum,true,,,,,,,16000,12900`,
      "",
    ]);
  });

  test("the sum of what is not wholly known is not a number", () => {
    const more = new Map([...racks, ["site/s1/rack/r3", lineOf("site/s1/rack/r3", { said: { online: false }, trust: "signed" }, "-")]] as const);
    assert.match(csv(more, at), new RegExp(`${at},sum,false,,,,,,,,\n$`));
    assert.match(table(more), /together +3 racks +2 online +2 compliant +2 metered +none +12\.9 kW$/);
  });

  test("a rack of each of two sites: a row for each site, and one for both", () => {
    const other = new Map([...racks, ["site/s2/rack/r1", lineOf("site/s2/rack/r1", heard({ ...status, compliance: "violating" }), "-")]] as const);
    const rows = table(other).split("\n").map((line) => line.split(/ {2,}/));
    assert.deepEqual(rows.map(([name]) => name), ["RACK", "site/s1/rack/r1", "site/s1/rack/r2", "site/s1", "site/s2/rack/r1", "site/s2", "together"]);
    assert.deepEqual(rows[3]?.slice(1), ["2 racks", "2 online", "2 compliant", "2 metered", "16.0 kW", "12.9 kW"]);
    assert.deepEqual(rows.at(-1)?.slice(1), ["3 racks", "3 online", "2 compliant", "3 metered", "24.0 kW", "20.8 kW"]);
  });
});

test("who may publish cannot write on the operator's terminal: not by a topic's name, not by a word", () => {
  assert.deepEqual(speakerOf("site/s1/rack/r.1-a/ack/e1"), { node: "site/s1/rack/r.1-a", kind: "ack" });
  for (const path of ["site/s1/rack/r1\u001b[2J/status", "site/\u009b2J/rack/r1/status", "site/s1/rack//status", "site/s1/status", "site/s1/rack/r1/statusx", `site/s1/rack/${"r".repeat(65)}/status`]) assert.equal(speakerOf(path), null, path);
  const said = { online: true, state: "\u001b]0;owned\u0007", bindingDoc: "e\r1\u009b2J", at: 5 };
  assert.ok(!/\p{Cc}/u.test(cells(lineOf(node, { said, trust: "unsigned" }, ackText({ id: "\u001b[31m", status: "x" }))).join("")));
});
