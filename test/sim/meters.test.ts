/** What the simulated meters refuse, byte by byte. That they agree with the profiles is test/modbus/kinds.test. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";

import { startRig } from "../../drivers/sim/rig.ts";
import type { Rig } from "../../drivers/sim/rig.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** What comes back within `waitMs`, in hex. */
function ask(address: string, request: string, waitMs = 1_000): Promise<string> {
  const [host = "", port = ""] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => socket.write(hex(request)));
    const end = (answer: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(""), waitMs);
    socket.once("data", (bytes) => end(bytes.toString("hex")));
    socket.once("error", reject);
  });
}

async function rigWith(t: TestContext, options: { pdu?: string; meter?: string }): Promise<Rig> {
  const rig = await startRig({ asics: 2, seed: 3, ...options });
  t.after(() => rig.close());
  return rig;
}

describe("a simulated meter", () => {
  const cases: [string, string, string][] = [
    ["a read inside a value", "0001 0000 0006 01 04 0035 0001", "000100000003018402"],
    ["a read that ends inside a value", "0001 0000 0006 01 04 0034 0001", "000100000003018402"],
    ["a register it does not have", "0001 0000 0006 01 04 0036 0002", "000100000003018402"],
    ["a table it does not have", "0001 0000 0006 01 03 0034 0002", "000100000003018302"],
    ["an order", "0001 0000 0006 01 06 0034 0001", "000100000003018601"],
    ["another unit", "0001 0000 0006 07 04 0034 0002", "00010000000307840b"],
  ];
  for (const [name, request, reply] of cases) {
    test(`refuses ${name}`, async (t) => {
      const rig = await rigWith(t, { meter: "eastron-sdm630" });
      assert.equal(await ask(rig.pdus.find(({ role }) => role === "rack")?.address ?? "", request), reply);
    });
  }

  test("RTU over TCP: the right sum is answered, a wrong one and another unit with silence", async (t) => {
    const rig = await rigWith(t, { pdu: "mining-pdu-rtu" });
    const address = rig.pdus[0]?.address ?? "";
    // Outlet 1 is on; the sums come from another program.
    assert.equal(await ask(address, "0b 03 1389 0001 51ce"), "0b03020001e185");
    assert.equal(await ask(address, "0b 03 1389 0001 51cf", 100), "");
    assert.equal(await ask(address, "0c 03 1389 0001 5079", 100), "");
  });

  test("an unknown kind is refused with those there are", async () => {
    await assert.rejects(startRig({ asics: 1, pdu: "acme" }), /no meter "acme"; there are gude-epc, netio/);
    await assert.rejects(startRig({ asics: 1, pdu: "eastron-sdm630" }), /has no outlets: it can only be the rack's meter/);
  });

  test("frozen and offset work on the rack's meter too", async (t) => {
    const rig = await rigWith(t, { meter: "eastron-sdm120" });
    rig.fault("meter-1", "offset:5000");
    const address = rig.pdus.find(({ role }) => role === "rack")?.address ?? "";
    const answer = hex(await ask(address, "0001 0000 0006 01 04 000c 0002"));
    assert.ok(Math.abs(answer.readFloatBE(9) - rig.truth().powerW - 5_000) < 0.02 * rig.truth().powerW);
  });
});
