/** The mains away and back: what bears an outage out, what does not, and how the rack comes back. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide } from "../../agent/core/decide.ts";
import { nextMode, startMode } from "../../agent/core/mode.ts";
import type { Reading } from "../../agent/core/model.ts";
import { absence, nextOutage, type Outage, type Seen } from "../../agent/core/outage.ts";
import type { RackState } from "../../agent/core/state.ts";
import { bandAround, type Supply } from "../../agent/core/supply.ts";
import { instant, millis, seconds } from "../../agent/core/units.ts";
import { device, input, inWords, metered, ordered, POLICY, rackOf, says, silent, snapshot, wanted } from "./rack.ts";
import { allocation, heard } from "./signals.ts";

/** A machine that hashes and says for how long, in seconds. */
const up = (second: number | null): Reading => {
  const reading = says("600");
  return reading.kind === "unknown" ? reading : { ...reading, telemetry: { ...reading.telemetry, uptime: second === null ? null : seconds(second) } };
};
const volts = (voltage: number | null, age = 500): Supply => ({ voltage, frequencyHz: voltage === null ? null : 50, age: millis(age) });
const seen = (second: number, readings: readonly Reading[], over: Partial<Seen> = {}): Seen => ({
  devices: readings.map((reading, index) => device(`m${index}`, reading)), states: new Map(), supply: null, meter: null, band: null, stale: seconds(10), uptime: seconds(second), ...over,
});
const mains230 = bandAround({ voltageV: 230, frequencyHz: 50 });

describe("an outage", () => {
  /** Word by word: D dark, B back in this moment, - neither. */
  const rows: [string, string, Seen[], (Outage | null)?][] = [
    ["a rack that runs", "-", [seen(10, [up(5000), up(5000)])]],
    ["one machine silent of two", "-", [seen(10, [silent(), up(5000)])]],
    ["not polled is not silent", "-", [seen(10, [silent("not-polled"), silent("not-polled")])]],
    ["all silent, then all newly started", "DB", [seen(10, [silent(), silent()]), seen(100, [silent(), up(20)])]],
    ["all silent, then running as before: it was the network", "D-", [seen(10, [silent(), silent()]), seen(100, [up(5000), silent()])]],
    ["all silent, then one newly started and one that ran on: it was the network", "D-", [seen(10, [silent(), silent()]), seen(100, [up(20), up(5000)])]],
    ["nobody says for how long it has run: it goes on being asked", "DDB", [seen(10, [silent(), silent()]), seen(100, [up(null), silent()]), seen(110, [up(null), up(30)])]],
    ["a machine that our own order restarted bears nothing out", "DDB", [
      seen(995, [silent(), silent()]),
      seen(1020, [up(5), silent()], { states: new Map([["m0", ordered("600", { ago: 1_000, settle: 60_000 })]]) }),
      seen(1030, [up(5), up(9)], { states: new Map([["m0", ordered("600", { ago: 1_000, settle: 60_000 })]]) }),
    ]],
    ["silent machines behind a meter that shows power: it is the network", "-", [seen(10, [silent(), silent()], { meter: metered(6_000) })]],
    ["silent machines behind a meter that shows none", "DB", [seen(10, [silent(), silent()], { meter: metered(0) }), seen(60, [up(10), silent()], { meter: metered(900) })]],
    ["no voltage is proof: the first that is back needs to say nothing", "DB", [seen(10, [up(5000), silent()], { supply: volts(2) }), seen(20, [up(null), silent()], { supply: volts(229) })]],
    ["half of the nominal voltage is none", "D", [seen(10, [up(5000)], { supply: volts(100), band: mains230 })]],
    ["a brownout is not", "-", [seen(10, [up(5000)], { supply: volts(150), band: mains230 })]],
    ["a voltage read long ago says nothing", "-", [seen(60, [up(5000)], { supply: volts(0, 11_000) })]],
    ["silence while the voltage returns is not yet the way back", "DD", [seen(10, [silent()], { supply: volts(0) }), seen(20, [silent()], { supply: volts(230) })]],
    ["a rack without machines has no outage", "-", [seen(10, [])]],
    ["the daemon was away, machines ran on", "-", [seen(2, [up(5000), up(5000)])], absence(instant(1_000_000), { uptime: millis(0), at: instant(1_060_000) })],
    ["the daemon was away for a minute, and all have started since", "B", [seen(2, [up(30), up(31)])], absence(instant(1_000_000), { uptime: millis(0), at: instant(1_060_000) })],
    ["the daemon was away for a minute, and all have run for two", "-", [seen(2, [up(120), up(120)])], absence(instant(1_000_000), { uptime: millis(0), at: instant(1_060_000) })],
    ["a clock that went back to 1970 lost its power too: what started within two minutes of us started with us", "B", [seen(40, [up(20), up(90)])], absence(instant(1_800_000_000_000), { uptime: millis(0), at: instant(5_000) })],
    ["a clock that went back, machines that ran on", "-", [seen(40, [up(3000)])], absence(instant(1_800_000_000_000), { uptime: millis(0), at: instant(5_000) })],
    ["the first start of all", "-", [seen(2, [up(3), up(3)])], absence(null, { uptime: millis(0), at: instant(5_000) })],
  ];
  for (const [what, expected, looks, from = null] of rows) {
    test(`${what}: ${expected}`, () => {
      let outage = from;
      const words = looks.map((look) => {
        const next = nextOutage(outage, look);
        outage = next.outage;
        return next.back ? "B" : outage === null ? "-" : "D";
      });
      assert.equal(words.join(""), expected);
    });
  }
});

describe("mains back after an outage", () => {
  const context = { uptime: seconds(1000), u: 0.5, restart: POLICY.restart, inBand: null };

  test("restoring, and failsafe until a confirmation made since", () => {
    const trusted = nextMode(startMode(seconds(0)), heard({}, { born: 5, confirmed: 5 }), { ...context, uptime: seconds(5) });
    const back = nextMode(trusted, heard({}, { born: 990, confirmed: 990 }), { ...context, mainsBack: true });
    assert.deepEqual([back.trust, back.restoring?.notBefore], ["failsafe", seconds(1150)]);
    assert.equal(nextMode(back, heard({}, { born: 990, confirmed: 990 }), { ...context, uptime: seconds(1001) }).trust, "failsafe");
    assert.equal(nextMode(back, heard({}, { born: 1002, confirmed: 1002 }), { ...context, uptime: seconds(1002) }).trust, "trusted");
  });

  test("in init it stays init; in an emergency the emergency holds", () => {
    assert.equal(nextMode(startMode(seconds(999)), heard({}, { born: null, confirmed: null }), { ...context, mainsBack: true }).trust, "init");
    const mode = nextMode(startMode(seconds(0)), heard({ latches: [{ ref: { id: "e", topic: "t", epoch: 0, seq: 0 }, action: "STOP" }] }), { ...context, mainsBack: true });
    assert.deepEqual([mode.emergency, mode.restoring], [true, null]);
  });

  test("CSIP-AUS ALL-30: everything that boots is put to sleep, and the budget climbs from zero after the delay", () => {
    let rack: RackState = rackOf({ m0: wanted("600"), m1: wanted("600") });
    const orders: string[] = [];
    const said = heard({ allocations: [allocation({ ceiling: 16_000 })] });
    const live = (second: number, readings: readonly Reading[], power: number | null) => {
      const shot = snapshot(readings.map((reading, index) => device(`m${index}`, reading)), metered(power, power === null ? { age: 90_000 } : {}), second * 1_000);
      const { rack: next, decision } = decide(rack, input(shot, { heard: said }));
      rack = next;
      for (const order of decision.orders) orders.push(`${second}:${order.device}:${inWords(order.setpoint)}`);
      return decision;
    };
    assert.equal(live(1000, [up(5000), up(5000)], 8_000).mains, "on");
    assert.equal(live(1030, [silent(), silent()], null).mains, "lost");
    const back = live(1090, [up(10), up(12)], 7_000);
    assert.deepEqual([back.mains, back.state, back.budget, back.effective.binding?.source], ["returned", "restoring", { kind: "limited", power: 0 }, "failsafe"]);
    assert.deepEqual(orders.slice(-2), ["1090:m0:asleep", "1090:m1:asleep"]);
    const later = live(1091, [up(11), up(13)], 7_000);
    assert.deepEqual([later.mains, later.state], ["on", "restoring"]);
    // u x 300 s with u = 0.5: until then nothing rises.
    assert.deepEqual(live(1239, [says("asleep"), says("asleep")], 50).budget, { kind: "limited", power: 0 });
    const rising = live(1270, [says("asleep"), says("asleep")], 50).budget;
    assert.ok(rising.kind === "limited" && rising.power > 0 && rising.power < 6_000, JSON.stringify(rising));
  });
});
