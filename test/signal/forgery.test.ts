/** Nobody without the key changes anything: seeded mutations, replays, swaps and reorderings of signed documents. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Composed } from "../../agent/signal/compose.ts";
import { Bench, newKey } from "./bench.ts";

const attempts = Number(process.env["CURTAIL_FORGERIES"] ?? 5_000);
const seed = Number(process.env["CURTAIL_SEED"] ?? 20_261_122);

type Random = () => number;
interface Attack {
  readonly topic: string;
  readonly payload: string;
}

/** mulberry32: small, seeded, the same everywhere. */
function randomFrom(start: number): Random {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pick = <T>(from: readonly T[], random: Random): T => {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new RangeError("nothing to pick from");
  return chosen;
};
const alphabet = 'ABCDEFGHabcdefgh0123456789-_{}[]":,. \\\u0000é';
const base64url = (text: string): string => Buffer.from(text).toString("base64url");
const members = (message: Attack): Record<string, string> => JSON.parse(message.payload) as Record<string, string>;
const said = (message: Attack): string => Buffer.from(members(message)["payload"] ?? "", "base64url").toString();

/** What a stranger with the broker's password and every document ever sent can make. */
const attacks: Readonly<Record<string, (known: readonly Attack[], random: Random) => Attack>> = {
  replay: (known, random) => pick(known, random),
  "move to another topic": (known, random) => ({ ...pick(known, random), topic: pick(known, random).topic }),
  "change characters": (known, random) => {
    const { topic, payload } = pick(known, random);
    const characters = [...payload];
    for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes -= 1) {
      const at = Math.floor(random() * characters.length);
      characters.splice(at, Math.floor(random() * 3), ...(random() < 0.7 ? [pick([...alphabet], random)] : []));
    }
    return { topic, payload: characters.join("") };
  },
  "cut or double": (known, random) => {
    const { topic, payload } = pick(known, random);
    const at = Math.floor(random() * payload.length);
    return { topic, payload: random() < 0.5 ? payload.slice(0, at) : payload + payload.slice(at) };
  },
  "swap members": (known, random) => {
    const [one, other] = [pick(known, random), pick(known, random)];
    const member = pick(["payload", "protected", "signature"], random);
    return { topic: one.topic, payload: JSON.stringify({ ...members(one), [member]: members(other)[member] }) };
  },
  "edit what is said": (known, random) => {
    const message = pick(known, random);
    const edits: readonly ((text: string) => string)[] = [
      (text) => text.replace(/"(maxW|limitW)":\d+/, '"$1":999999'),
      (text) => text.replace(/"seq":\d+/, `"seq":${Math.floor(random() * 2 ** 53)}`),
      (text) => text.replace(/"exp":"[^"]+"/, '"exp":"2099-01-01T00:00:00Z"'),
      (text) => text.replace(/"status":"ACTIVE"|"type":"LIMIT"/, '"type":"LIMIT","status":"CANCELLED"'),
      (text) => text.replace(/"epoch":0/, '"epoch":1'),
    ];
    return { topic: message.topic, payload: JSON.stringify({ ...members(message), payload: base64url(pick(edits, random)(said(message))) }) };
  },
  "another header": (known, random) => {
    const message = pick(known, random);
    const headers = [{ alg: "none" }, { alg: "HS256", kid: "grid-1" }, { alg: "ES256", kid: "grid-1" }, { alg: "Ed25519", kid: "root" }, { alg: "Ed25519", kid: "grid-1", crit: ["b64"], b64: false }];
    const signature = random() < 0.5 ? "" : members(message)["signature"];
    return { topic: message.topic, payload: JSON.stringify({ ...members(message), protected: base64url(JSON.stringify(pick(headers, random))), signature }) };
  },
  "strip the signature": (known, random) => {
    const message = pick(known, random);
    return { topic: message.topic, payload: random() < 0.5 ? said(message) : '{"limitW":999999}' };
  },
};

describe("forgery", () => {
  test(`${attempts} forged, replayed, swapped or mutated documents change nothing (seed ${seed})`, () => {
    const random = randomFrom(seed);
    const bench = new Bench({ signatures: "required" });
    const stranger = newKey("grid-1");
    const exp = bench.now() + 30 * 86_400_000;
    const [key, by] = [bench.grid, { key: bench.grid, exp }];
    bench.hear(bench.keySet(undefined, { exp }));
    const past: Composed[] = [
      bench.keySet(undefined, { exp }), bench.allocation(30_000, by), bench.limit(25_000, by), bench.limit(0, { ...by, fields: { status: "CANCELLED", intervals: [] } }),
      bench.document("EMERGENCY", { action: "STOP" }, { ...by, id: "stop-1" }), bench.document("RELEASE", { releases: "stop-1" }, by), bench.heartbeat({}, { key }),
      bench.allocation(9_000, by), bench.limit(5_000, by), bench.document("EMERGENCY", { action: "STOP" }, { ...by, node: "all", id: "stop-2" }),
      bench.limit(7_000, { ...by, id: "e2" }), bench.document("RELEASE", { releases: "stop-0" }, { ...by, node: "all" }),
      bench.document("SETPOINT", { intervals: [{ start: null, durationS: null, setpointW: 6_000 }] }, { ...by, id: "s1" }),
      bench.document("LEVEL", { intervals: [{ start: null, durationS: null, level: 2 }] }, { ...by, id: "l1" }),
      bench.allocation(100_000, { ...by, node: "site/s1", fields: { shares: { "rack/r1": 0.5 } } }), bench.limit(50_000, { ...by, node: "site/s1" }),
      bench.limit(4_000, { ...by, node: "area/north" }),
    ];
    for (const document of past) bench.hear(document);
    const beat = bench.matching({ key });
    bench.hear(beat);
    const forged: Composed[] = [
      bench.allocation(999_999, { key: stranger, exp }), bench.limit(0, { key: stranger, exp, fields: { status: "CANCELLED", intervals: [] } }),
      bench.document("RELEASE", { releases: "stop-2" }, { key: stranger, exp, node: "all" }), bench.keySet([bench.keyRow(stranger)], { key: { ...stranger, kid: "root" }, exp }),
      bench.heartbeat({}, { key: stranger }), bench.allocation(999_999, { key: { ...stranger, kid: "grid-2" }, exp }),
    ];
    const known = [...past, beat, ...forged];
    const picture = (): unknown => {
      const { allocations, limits, levels, setpoints, latches, heartbeat } = bench.signal.heard();
      const { held, heldIds, keys, storage } = bench.signal.summary(bench.tick());
      const durable = [...bench.disk].filter(([name]) => name !== "signal/clock");
      return structuredClone({ allocations, limits, levels, setpoints, latches, heartbeat, held, heldIds, keys, storage, durable });
    };
    const kinds = Object.entries(attacks);
    bench.wait(1_000);
    let before = picture();
    const counted = new Map<string, number>();
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const [name, make] = pick(kinds, random);
      const attack = make(known, random);
      const effects = bench.hear(attack, random() < 0.5);
      counted.set(name, (counted.get(name) ?? 0) + 1);
      assert.ok(!effects.some(({ kind }) => kind === "commit" || kind === "resubscribe"), `${name}: ${JSON.stringify(attack)}`);
      if (attempt % 50 === 49 || effects.some(({ kind }) => kind === "ack")) assert.deepEqual(picture(), before, `${name}: ${JSON.stringify(attack)}`);
      if (attempt % 50 === 49) {
        bench.wait(1_000);
        if (bench.signal.heard().heartbeat.confirmedAt === null) before = picture();
      }
    }
    assert.equal(counted.size, kinds.length);
    assert.equal(bench.signal.heard().latches.length, 1);
    assert.equal(bench.stated(), 5_000);
    bench.hear(bench.allocation(4_000, by));
    assert.equal(bench.stated(), 4_000, "and the genuine one is still heard");
  });

  test("however deliveries are reordered and repeated, what stands is the newest that came", () => {
    const bench = new Bench({ signatures: "required" });
    const exp = bench.now() + 86_400_000;
    const keys = bench.keySet(undefined, { exp });
    const documents = Array.from({ length: 8 }, (_, index) => bench.allocation(1_000 * (index + 1), { key: bench.grid, exp }));
    const delivery = fc.tuple(fc.integer({ min: 0, max: documents.length - 1 }), fc.boolean(), fc.constantFrom("now", "after a restart", "while the disk is slow"));
    fc.assert(
      fc.property(fc.array(delivery, { minLength: 1, maxLength: 20 }), (deliveries) => {
        let agent = new Bench({ signatures: "required" }, bench);
        agent.hear(keys);
        let newest = -1;
        for (const [index, retain, when] of deliveries) {
          const document = documents[index];
          if (document === undefined) continue;
          if (when === "after a restart") agent = agent.restarted(2_000);
          agent.keeps = when === "while the disk is slow" ? "later" : "at once";
          agent.hear(document, retain);
          newest = Math.max(newest, index);
          assert.ok((agent.stated() ?? Infinity) <= 1_000 * (newest + 1));
          agent.answer();
          assert.equal(agent.stated(), 1_000 * (newest + 1));
        }
      }),
      { numRuns: 200, seed },
    );
  });
});
