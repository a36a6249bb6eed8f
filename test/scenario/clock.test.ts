/** Wrong, late and missing clocks, lived through by the real daemon: they can lower, never raise. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FAILSAFE, onStage, running, type Stage } from "./stage.ts";

const HOUR = 3_600_000;
const limitOf = ({ status }: Stage): number => status.effectiveLimitW ?? Infinity;

describe("clock", { concurrency: 2 }, () => {
  for (const hours of [-5, -1, 1, 5, 24 * 365]) {
    const way = hours > 0 ? `${hours} h ahead` : `${-hours} h back`;
    test(`NTP sets it ${way}: at no second more than the documents state, and back again`, () => onStage({}, async (stage) => {
      await running(stage, 12_000);
      stage.limit([[6_000, 900]]);
      await stage.run(40);
      stage.expect(6_000, "event", "limited");
      const atMost = (): void => assert.ok(limitOf(stage) <= 6_000, `${limitOf(stage)} W at ${stage.now} s`);
      stage.wall.offsetMs = hours * HOUR;
      // Not believed for a minute; after that heartbeats are hours old, or not yet issued.
      await stage.run(120, atMost);
      assert.ok(["limited", "failsafe"].includes(stage.status.state), stage.status.state);
      stage.wall.offsetMs = 0;
      await stage.run(120, atMost);
      // What a clock ahead has ended stays ended: a wrong clock may lower. The operator's next word raises.
      if (hours > 0) {
        stage.expect(FAILSAFE, "failsafe");
        stage.allocate(12_000);
        stage.limit([[6_000, 300]]);
        await stage.run(20);
      }
      stage.expect(6_000, "event", "limited");
    }));
  }

  test("a clock that nobody vouches for: the failsafe limit, and a limit below it until it has surely ended", () => onStage({ wall: { offsetMs: 0, synchronised: false } }, async (stage) => {
    await running(stage, 12_000);
    // At some moment of a now without end no allocation is in force.
    stage.expect(FAILSAFE, "failsafe", "limited");
    stage.limit([[3_000, 60]]);
    await stage.run(50);
    stage.expect(3_000, "event", "limited");
    // The beginning of now rises with every heartbeat that is verified.
    await stage.run(30);
    stage.expect(FAILSAFE, "failsafe", "limited");
  }));

  test("1970 until NTP: a controller without a clock of its own obeys the smallest that is stated anywhere, then the right one", () => onStage({ wall: { offsetMs: -1_767_225_600_000, synchronised: false } }, async (stage) => {
    stage.allocate(null, { schedule: [{ durationS: 610, limitW: 12_000 }, { durationS: 3_000, limitW: 3_000 }] });
    await stage.run(60);
    // Without an upper bound of now the later step may already have begun.
    stage.expect(3_000, "allocation", "limited");
    stage.expectAtMost(3_000);
    stage.wall.offsetMs = 0;
    stage.wall.synchronised = true;
    await stage.run(130);
    stage.expect(12_000, "allocation", "limited");
  }));

  test("1970 until NTP: what ended while nobody knew the time is not brought back by it", () => onStage({}, async (stage) => {
    await running(stage, 12_000, {});
    stage.allocate(9_000, {}, { forS: 60 });
    await stage.run(70);
    stage.expect(FAILSAFE, "failsafe");
    stage.kill();
    stage.wall.offsetMs = -1_767_225_600_000;
    stage.wall.synchronised = false;
    stage.boot();
    await stage.run(100);
    stage.expect(FAILSAFE, "failsafe");
  }));

  const technicianFor = (stage: Stage, forS: number): void => void stage.daemon.technician.limitBy({ powerW: 2_000, forMs: forS * 1_000 }, "ada");

  test("1970 until NTP: a technician's limit for ten minutes lasts ten minutes", () => onStage({ wall: { offsetMs: -1_767_225_600_000, synchronised: false } }, async (stage) => {
    await stage.run(20);
    technicianFor(stage, 600);
    await stage.run(20);
    stage.expect(2_000, "technician");
    stage.wall.offsetMs = 0;
    stage.wall.synchronised = true;
    await stage.run(60);
    stage.expect(2_000, "technician");
    assert.ok(Math.abs((stage.daemon.status?.remainingS ?? 0) - 520) <= 5, `${stage.daemon.status?.remainingS} s`);
    await stage.run(500);
    stage.expect(2_000, "technician");
    await stage.run(60);
    stage.expect(FAILSAFE, "failsafe");
  }));

  test("1970 until NTP: a technician's limit of then is held for its whole length after a restart, and not one second of 1970", () => onStage({ wall: { offsetMs: -1_767_225_600_000, synchronised: false } }, async (stage) => {
    await stage.run(20);
    technicianFor(stage, 300);
    await stage.run(200);
    stage.kill();
    stage.wall.offsetMs = 0;
    stage.wall.synchronised = true;
    stage.boot();
    await stage.run(280);
    stage.expect(2_000, "technician");
    await stage.run(60);
    stage.expect(FAILSAFE, "failsafe");
  }));

  test("a technician's limit of a right clock ends when it was said, whatever is set meanwhile, also over a restart", () => onStage({}, async (stage) => {
    await stage.run(20);
    technicianFor(stage, 300);
    stage.wall.offsetMs = 5 * HOUR;
    await stage.run(150);
    stage.expect(2_000, "technician");
    stage.wall.offsetMs = 0;
    stage.kill();
    stage.boot();
    await stage.run(120);
    stage.expect(2_000, "technician");
    await stage.run(60);
    stage.expect(FAILSAFE, "failsafe");
  }));

  test("`clock: heartbeat`: the youngest heartbeat bounds now, and a schedule is followed without a clock", () => onStage({ clock: "heartbeat", wall: { offsetMs: -1_767_225_600_000, synchronised: false } }, async (stage) => {
    stage.allocate(null, { schedule: [{ durationS: 610, limitW: 12_000 }, { durationS: 3_000, limitW: 3_000 }] });
    await stage.run(60);
    stage.expect(12_000, "allocation", "limited");
    // Two minutes before its beginning the later step may have begun: a heartbeat counts for so long.
    await stage.run(450);
    stage.expect(3_000, "allocation", "limited");
  }));

  test("timeouts are monotonic: no step of the clock makes a heartbeat old or young", () => onStage({}, async (stage) => {
    await running(stage, 12_000, { failsafe: { heartbeatTimeoutS: 30 } });
    stage.beating = false;
    const last = Math.floor((stage.now - 1) / 10) * 10;
    stage.wall.offsetMs = -5 * HOUR;
    await stage.run(50, () => {
      if (stage.now - last < 29) assert.equal(stage.status.state, "limited", `${stage.now}`);
      if (stage.now - last > 35) assert.equal(stage.status.state, "failsafe", `${stage.now}`);
    });
  }));
});
