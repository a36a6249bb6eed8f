/** Whole decisions in time. Four machines of 4 kW unless said otherwise; a cycle a second. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Timeline } from "./timeline.ts";

const four = () => new Timeline({ factors: [1, 0.97, 1.03, 1.06], base: 120 });

describe("the rack in time", () => {
  test("a limit is met within its response time and held", () => {
    four().signal(null).at(30).expect("controlled", "not-limited").expectDraw(">=", 16_000)
      .signal(8000).at(30 + 15).expectDraw("<=", 8000).expectNever(8060, 300).expectDraw(">=", 0.9 * 8000).expect("limited", "compliant");
  });
  test("0 W: everything sleeps, and that is the floor", () => {
    four().signal(null).at(30).signal(0).at(50).expectDraw("<=", 4 * 27 + 120).expect("limited", "at-floor");
  });
  test("from process start without a word from the grid: the failsafe limit, then for ever", () => {
    four().heartbeat(false).at(20).expectDraw("<=", 6000).expect("init", "compliant").at(121).expect("failsafe", "compliant").expectNever(6060, 600).expect("failsafe", "compliant");
  });
  test("LPC-911: the heartbeat dies, the failsafe limit joins; it returns, and so does the allocation", () => {
    four().signal(12_000).at(200).expect("limited", "compliant").expectDraw(">=", 11_000)
      .heartbeat(false).at(319).expect("limited", "compliant").at(345).expect("failsafe", "compliant").expectDraw("<=", 6000)
      .heartbeat(true).at(500).expect("limited", "compliant").expectDraw(">=", 11_000);
  });
  test("an event binds beside the allocation, and its end leads back to the allocation", () => {
    four().signal(12_000).at(100).event(5000).at(120).expectDraw("<=", 5000).event(null).expectNever(12_060, 300).expectDraw(">=", 11_000);
  });
  test("what the farm states narrows, and never lifts", () => {
    four().signal(10_000).at(100).local(4000).at(120).expectDraw("<=", 4000).local(20_000).expectNever(10_050, 300).expectDraw(">=", 9000);
  });
  test("an emergency stops all; its release waits, then ramps", () => {
    four().signal(12_000).at(100).emergency(true).at(115).expectDraw("<=", 4 * 27 + 120).expect("emergency", "at-floor")
      // minOff 10 s + 0.5 x 20 s.
      .emergency(false).expectNever(4 * 27 + 120, 134).expect("restoring", "compliant")
      // 16 kW a minute: 267 W a second.
      .at(150).expectDraw("<=", 267 * 17).at(300).expect("limited", "compliant").expectDraw(">=", 11_000);
  });
  test("a lifted limit is ramped", () => {
    four().signal(4000).at(60).signal(null).expectNever(4000 + 30 * 267, 90).at(300).expectDraw(">=", 16_000).expect("controlled", "not-limited");
  });
  test("one falls silent behind a fresh meter: it costs what it draws, and the limit holds", () => {
    four().signal(9000).at(100).fault(1, "silent").expectNever(9060, 300).expectDraw(">=", 6000);
  });
  test("one reboots to full power: it is put back without any change of plan", () => {
    four().signal(8000).at(120).fault(1, "reboots").at(135).expectNever(8060, 300);
  });
  test("one back from a long silence at full power is told within seconds", () => {
    four().signal(8000).at(60).fault(1, "silent").at(300).fault(1, "reboots").fault(1, "clear").at(320).expectDraw("<=", 8060);
  });
  test("one that refuses everything: the others make room", () => {
    four().signal(null).at(30).fault(1, "refuses").signal(9000).at(60).expectNever(9060, 200);
  });
  test("one that says yes and does nothing: the meter shows it, the others make room", () => {
    four().signal(null).at(30).fault(1, "stuck").signal(6000).at(60).expectNever(6060, 300).expect("limited", "compliant");
  });
  test("the meter falls silent: no raises, and never compliant again", () => {
    const rack = four().signal(8000).at(100).meter(false).at(102).signal(15_000);
    const before = rack.power;
    rack.expectNever(before + 1, 300).expect("limited", "unverified");
  });
  test("a lagging meter teaches nothing wrong: no hunting", () => {
    new Timeline({ factors: [1.1, 1.08, 1.06, 1.1], base: 300, lag: 3 }).signal(null).at(60).signal(9000).at(90).expectNever(9060, 400).expectOrders("<=", 4, 200);
  });
  test("steady: hardly an order in ten minutes", () => {
    four().signal(8000).at(120).at(720).expectOrders("<=", 4, 120);
  });
});

test("the same life twice gives the same orders", () => {
  const life = () => four().signal(12_000).at(60).fault(2, "silent").at(90).event(5000).at(130).fault(2, "clear").emergency(true).at(160).emergency(false).at(300);
  assert.deepEqual(life().orders, life().orders);
});
