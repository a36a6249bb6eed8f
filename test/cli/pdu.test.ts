import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { PduRow } from "../../agent/routes/outlets.ts";
import { bar, pduLines } from "../../agent/cli/pdu-lines.ts";
import type { FakeDaemon } from "./programs.ts";
import { fakeDaemon, run } from "./programs.ts";

const outlet = (number: number, rest: Partial<PduRow["outlets"][number]> = {}): PduRow["outlets"][number] => ({
  outlet: number, on: true, powerW: 1_750 as never, device: `asic-0${number}`, feeds: null, mostW: 3_500 as never, opens: "shortfall", hold: null, last: null, restLeftS: 0, ...rest,
});

const PDU: PduRow = {
  id: "pdu-1", description: "GUDE Expert Power Control", role: "rack", switches: true, powerW: 3_520 as never, voltageV: 231, frequencyHz: 49.98, energyWh: 1_234_500,
  ageS: 0.4, failure: null, trusted: true, inputs: [],
  outlets: [
    outlet(1), outlet(2, { on: false, powerW: 0 as never, last: { on: false, who: "agent", why: "shortfall", at: 0 as never }, restLeftS: 42 }),
    outlet(3, { hold: { kind: "locked", who: "ada", why: "fan swap", at: 0 as never } }), outlet(4, { on: null, powerW: null, device: null, mostW: null, opens: "never" }),
  ],
};
const BOX: PduRow = { ...PDU, id: "io-1", description: "ADAM-6050", role: "outlets", powerW: null, voltageV: null, frequencyHz: null, energyWh: null, failure: "no reply", ageS: 12, outlets: [], inputs: [{ index: 1, closed: false }, { index: 2, closed: null }] };

describe("the picture of a PDU", () => {
  test("bars are eighths of a character wide", () => {
    assert.deepEqual([bar(0, 100, 4), bar(50, 100, 4), bar(100, 100, 4), bar(33, 100, 4), bar(null, 100, 4), bar(900, 100, 4)], ["    ", "██  ", "████", "█▍  ", "?   ", "████"]);
  });

  test("a line an outlet, with who holds it and why", () => {
    const lines = pduLines([PDU, BOX]);
    assert.match(lines[0] ?? "", /^pdu-1 {2}GUDE Expert Power Control, measures the rack: 3\.52 kW, 231 V, 49\.98 Hz, 1234\.5 kWh, /);
    assert.match(lines[2] ?? "", /^ {2}1 +on +1\.75 kW +██████████ +asic-01 +shortfall$/);
    assert.match(lines[3] ?? "", /off +0 W +asic-02 +shortfall +opened by agent: shortfall, rests 42 s yet$/);
    assert.match(lines[4] ?? "", /locked by ada: fan swap$/);
    assert.match(lines[5] ?? "", /^ {2}4 +\? +unknown +\? +- +never$/);
    assert.match(lines.at(-1) ?? "", /^io-1 {2}ADAM-6050, outlets only: contacts 1 open, 2 unknown, .*last read 12 s ago: no reply$/);
  });
});

describe("curtailctl pdu, outlet and estop", () => {
  let daemon: FakeDaemon;
  before(async () => {
    daemon = await fakeDaemon({
      "GET /pdus": [PDU, BOX], "POST /outlets/pdu-1/3": { ok: true }, "POST /outlets/pdu-1/3/lock": { ok: true },
      "GET /estop": { latch: { contact: "io-1/1", reason: "open", at: 0 }, contacts: [{ contact: "io-1/1", state: "open" }] }, "POST /estop/reset": { ok: true, cleared: true },
    });
  });
  after(() => daemon[Symbol.asyncDispose]());
  const ctl = (...args: string[]) => run("curtailctl", ["--socket", daemon.directory, ...args]);

  test("pdu shows all, one, or says which there are", async () => {
    assert.match((await ctl("pdu")).out, /pdu-1.*\n(.*\n)+\nio-1/);
    assert.doesNotMatch((await ctl("pdu", "pdu-1")).out, /io-1/);
    const none = await ctl("pdu", "pdu-9");
    assert.deepEqual([none.code, none.err], [64, "there is no pdu-9; there are pdu-1, io-1\n"]);
    assert.equal((JSON.parse((await ctl("--json", "pdu", "io-1")).out) as unknown[]).length, 1);
  });

  test("outlet needs a reason and a yes, and says what hangs on it", async () => {
    assert.equal((await ctl("outlet", "pdu-1/3", "off")).code, 64);
    const asked = await ctl("outlet", "pdu-1/3", "off", "--reason", "smoke");
    assert.deepEqual([asked.code, daemon.asked.filter((text) => text.startsWith("POST"))], [64, []]);
    assert.match(asked.err, /asic-03 hangs on pdu-1\/3, which draws 1\.75 kW\. This takes its power away at once/);
    const done = await ctl("--yes", "outlet", "pdu-1/3", "off", "--reason", "smoke");
    assert.match(done.out, /pdu-1\/3 is open, and stays open until you close it/);
    assert.match(daemon.asked.at(-1) ?? "", /^POST \/outlets\/pdu-1\/3 \{"on":false,"why":"smoke","who":"/);
    await ctl("--yes", "outlet", "pdu-1/3", "lock", "--reason", "fan swap");
    assert.match(daemon.asked.at(-1) ?? "", /^POST \/outlets\/pdu-1\/3\/lock \{"locked":true,"why":"fan swap"/);
    for (const wrong of [["pdu-1", "off"], ["pdu-1/3", "toggle"], ["pdu-1/77", "off"]]) assert.equal((await ctl("--yes", "outlet", ...wrong, "--reason", "smoke")).code, 64, wrong.join(" "));
  });

  test("estop shows the latch and how to clear it", async () => {
    const shown = await ctl("estop");
    assert.match(shown.out, /emergency since 1970-01-01T00:00:00\.000Z: io-1\/1 was open\. Clear it with: curtailctl estop reset\ncontact +io-1\/1 failed, open/);
    assert.equal((await ctl("estop", "reset")).code, 64, "asks first");
    assert.match((await ctl("--yes", "estop", "reset")).out, /is cleared/);
  });
});
