import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { FaultError, parseAsicFault, parsePduFault } from "../../drivers/sim/faults.ts";
import type { Rig } from "../../drivers/sim/rig.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import type { Seen } from "./wire.ts";
import { askJson, askText, exchange, itemOf } from "./wire.ts";

describe("the words for faults", () => {
  test("are read", () => {
    assert.deepEqual(parseAsicFault("slow:250"), { kind: "slow", extraMs: 250 });
    assert.deepEqual(parseAsicFault("fan:2"), { kind: "fan", standing: 2 });
    assert.deepEqual(parseAsicFault("half-close"), { kind: "half-close" });
    assert.deepEqual(parseAsicFault("clear"), { kind: "none" });
    assert.deepEqual(parsePduFault("offset:-150.5"), { kind: "offset", offsetW: -150.5 });
    assert.deepEqual(parsePduFault("dead-outlet:3"), { kind: "dead-outlet", outlet: 3 });
  });
  for (const text of ["", "loud", "slow", "slow:", "slow:x", "slow:-1", "slow:1e9", "fan", "fan:0", "fan:5", "silent:1", "frozen"]) {
    test(`"${text}" is none of an ASIC`, () => assert.throws(() => parseAsicFault(text), FaultError));
  }
  for (const text of ["", "offset", "offset:", "dead-outlet:0", "dead-outlet:1.5", "drip", "frozen:2"]) {
    test(`"${text}" is none of a PDU`, () => assert.throws(() => parsePduFault(text), FaultError));
  }
});

describe("faults of a miner, on the wire", () => {
  let rig: Rig;
  let address: string;
  let whole: Buffer;
  before(async () => {
    rig = await startRig({ asics: 2, restartMs: 200 });
    address = rig.asics[0]?.address ?? "";
    whole = (await see()).bytes;
  });
  after(() => rig.close());

  const see = (deadlineMs = 1500, enough = Infinity): Promise<Seen> => exchange(address, { parts: ['{"command":"config"}'], deadlineMs, enough });
  const under = async (fault: string, look: () => Promise<void>): Promise<void> => {
    rig.fault("asic-01", fault);
    await look();
    rig.fault("asic-01", "clear");
    assert.deepEqual((await see()).bytes.length, whole.length, "mended");
  };

  test("silent: accepted and never answered, the neighbour untouched", () =>
    under("silent", async () => {
      const seen = await see(200);
      assert.deepEqual([seen.how, seen.bytes.length], ["deadline", 0]);
      assert.match(await askText(rig.asics[1]?.address ?? "", '{"command":"version"}'), /"Code":22/);
    }));

  test("slow: late by as much, and whole", () =>
    under("slow:150", async () => {
      const seen = await see();
      assert.ok(seen.ms >= 150 && seen.bytes.length === whole.length);
    }));

  test("refuse: reset", () => under("refuse", async () => assert.deepEqual([(await see()).how, (await see()).bytes.length], ["reset", 0])));

  test("garbage: as long, and no JSON", () =>
    under("garbage", async () => {
      const seen = await see();
      assert.equal(seen.bytes.length, whole.length);
      assert.throws(() => JSON.parse(seen.bytes.toString("utf8").slice(0, -1)));
    }));

  test("truncate: half of it and a clean end", () =>
    under("truncate", async () => {
      const seen = await see();
      assert.equal(seen.how, "end");
      assert.ok(seen.bytes.length < whole.length && seen.bytes.length > 10);
    }));

  test("half-close: an end without an answer", () =>
    under("half-close", async () => {
      const seen = await see();
      assert.deepEqual([seen.how, seen.bytes.length], ["end", 0]);
    }));

  test("drip: a byte at a time", () =>
    under("drip", async () => {
      const seen = await see(450);
      assert.equal(seen.how, "deadline");
      assert.ok(seen.bytes.length >= 1 && seen.bytes.length <= 5, String(seen.bytes.length));
    }));

  test("endless: megabytes without an end", () =>
    under("endless", async () => {
      const seen = await see(1500, 3_000_000);
      assert.ok(seen.bytes.length >= 3_000_000);
      assert.ok(!seen.bytes.includes(0));
    }));

  test("a fault acknowledges nothing: writes count only when the answer went out whole", () =>
    under("garbage", async () => {
      await see();
      const sid = itemOf(await askJson(rig.asics[1]?.address ?? "", "logon"), "SESSION")["SessionID"];
      await askJson(rig.asics[1]?.address ?? "", "frequencyset", `${String(sid)},0,500`);
      await exchange(address, { parts: ['{"command":"curtail","parameter":"x,sleep"}'] });
      assert.deepEqual(
        rig.counts().map(({ writes }) => writes),
        [0, 1],
      );
    }));

  test("reboot: away, then back at the default", async () => {
    rig.fault("asic-01", "reboot");
    assert.equal((await see()).how, "reset");
    assert.equal(rig.truth().asics[0]?.state, "starting");
    const deadline = performance.now() + 3000;
    while (rig.truth().asics[0]?.state === "starting" && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(rig.truth().asics[0]?.state, "ramping");
    assert.equal((await see()).bytes.length, whole.length);
  });

  test("an unknown device or fault says what there is", () => {
    assert.throws(() => rig.fault("asic-99", "silent"), /asic-01 to asic-02 and pdu-1/);
    assert.throws(() => rig.fault("asic-01", "loud"), /silent, slow:MS/);
    assert.throws(() => rig.fault("pdu-1", "dead-outlet:3"), /outlets 1 to 2/);
  });
});

describe("faults of a PDU, on the wire", () => {
  let rig: Rig;
  before(async () => void (rig = await startRig({ asics: 2 })));
  after(() => rig.close());

  /** The line's watts, input 0x402. */
  const total = async (): Promise<number | null> => {
    const request = Buffer.from("000100000006010404020002", "hex");
    const seen = await exchange(rig.pdus[0]?.address ?? "", { parts: [request], deadlineMs: 300, enough: 13 });
    return seen.bytes.length === 13 ? seen.bytes.readInt32BE(9) : null;
  };
  const near = (actual: number | null, expected: number): void => assert.ok(actual !== null && Math.abs(actual - expected) < 60, `${actual} is not near ${expected}`);

  test("as it is: within noise of the truth", async () => near(await total(), rig.truth().powerW));

  test("silent, then not", async () => {
    rig.fault("pdu-1", "silent");
    assert.equal(await total(), null);
    rig.fault("pdu-1", "clear");
    near(await total(), rig.truth().powerW);
  });

  test("offset", async () => {
    rig.fault("pdu-1", "offset:-1000");
    near(await total(), rig.truth().powerW - 1000);
    rig.fault("pdu-1", "clear");
  });

  test("frozen while an outlet dies, then the truth", async () => {
    const before = await total();
    rig.fault("pdu-1", "frozen");
    rig.fault("pdu-1", "dead-outlet:1");
    assert.equal(rig.truth().asics[0]?.state, "off");
    assert.equal(await total(), before);
    rig.fault("pdu-1", "clear");
    assert.equal(rig.truth().asics[0]?.state, "starting");
    near(await total(), rig.truth().powerW);
  });

  test("a miner without power does not answer", async () => {
    rig.fault("pdu-1", "dead-outlet:2");
    assert.equal((await exchange(rig.asics[1]?.address ?? "", { parts: ["version"], deadlineMs: 150 })).how, "deadline");
    rig.fault("pdu-1", "clear");
  });
});
