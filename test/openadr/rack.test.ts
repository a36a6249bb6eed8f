/** The real daemon under a VTN, on a virtual clock: what is in force, what survives, what happens when it falls silent. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seconds, watts } from "../../agent/core/units.ts";
import type { StatusDocument } from "../../agent/cli/answers.ts";
import { statusLines } from "../../agent/cli/commands/status.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { Ven } from "../../agent/attend/openadr/ven.ts";
import { Vtn } from "../../agent/attend/openadr/vtn.ts";
import { FAILSAFE, NOMINAL, Stage, type StageOptions } from "../scenario/stage.ts";
import { memoryVtn, memoryWeb, Owner, VEN } from "./memory-vtn.ts";

interface Setting {
  readonly contractW?: number | null;
  readonly operated?: boolean;
  /** Thrown while an event of this name is worked out. */
  readonly thrownAt?: (id: string) => void;
}

/** A rack whose grid is a VTN, asked every 10 s and lost after 60. */
function setting({ contractW = NOMINAL, operated = false, thrownAt }: Setting = {}) {
  let ven: Ven | null = null;
  const options: StageOptions = {
    operated,
    attendants: ({ clock, signal }) => {
      ven = new Ven({
        vtn: new Vtn({ url: "http://vtn/openadr3/3.1.0", tokenUrl: null, clientId: VEN.id, secret: VEN.secret, scope: null, venName: "r1", targets: [] }, { web: memoryWeb(sim, clock), clock }),
        terms: { contract: contractW === null ? null : watts(contractW), nominal: watts(NOMINAL), failsafe: watts(FAILSAFE), levels: [1, 0.75, 0.5, 0], lostAfter: seconds(60), u: (id) => (thrownAt?.(id), signal.draw(id)) },
        concern: { programs: [], targets: [] }, poll: seconds(10), door: null, clientName: "r1", resourceName: "r1", clock, random: () => 0.5, log: silentLog,
      });
      return [ven];
    },
  };
  const lateClock = { now: () => stage.clock.now() };
  const sim = memoryVtn(lateClock as never);
  const stage = new Stage(options);
  const owner = new Owner(sim);
  owner.program();
  return { stage, sim, owner, view: () => ven?.tongue(stage.clock.now().uptime) };
}

const limit = ({ status }: Stage) => [status.state, status.effectiveLimitW, status.limitSource];

describe("a rack under a VTN alone", () => {
  test("the failsafe limit until it is heard, then the contract, then what events say", async () => {
    const { stage, sim, owner } = setting();
    sim.fail("silent");
    await stage.run(1);
    assert.deepEqual(limit(stage), ["init", FAILSAFE, "failsafe"]);
    sim.fail("clear");
    await stage.run(50);
    assert.deepEqual(limit(stage), ["controlled", NOMINAL, "allocation"]);
    const id = owner.limit(9);
    await stage.run(30);
    assert.deepEqual(limit(stage), ["limited", 9_000, "event"]);
    assert.ok(stage.powerW <= 9_050, `${stage.powerW}`);
    const status = stage.daemon.status;
    assert.deepEqual([status?.bindingDoc, status?.bindingBy], [id, "OpenADR"]);
    assert.deepEqual([status?.heartbeat, status?.signatures, (status?.heartbeatAgeS ?? 99) <= 12], [null, null, true], "nobody speaks documents: the life is the VTN's");
    assert.match(statusLines(status as StatusDocument).join("\n"), /^grid +heard \d+ s ago, lost after 1 min$/m);
    owner.ask("DELETE", `/events/${id}`);
    await stage.run(15);
    assert.deepEqual(limit(stage), ["controlled", NOMINAL, "allocation"]);
    await stage.stop();
  });

  test("without a contract and a subscription it stays under the failsafe limit, whatever limits are above it", async () => {
    const { stage, owner } = setting({ contractW: null });
    owner.limit(14);
    await stage.run(40);
    assert.deepEqual(limit(stage), ["limited", FAILSAFE, "failsafe"]);
    owner.say("IMPORT_CAPACITY_SUBSCRIPTION", 12);
    await stage.run(15);
    assert.deepEqual(limit(stage), ["limited", 12_000, "allocation"]);
    await stage.stop();
  });

  test("a bug of ours in an answer: refused, nothing of it in force, and lost like any other silence", async () => {
    const known = new Set<string>();
    let armed = false;
    const { stage, owner, view } = setting({
      thrownAt: (id) => {
        if (armed && !known.has(id)) throw new RangeError("thrown in on purpose");
        known.add(id);
      },
    });
    owner.limit(9);
    await stage.run(40);
    armed = true;
    owner.limit(4);
    await stage.run(15);
    assert.deepEqual(limit(stage), ["limited", 9_000, "event"]);
    assert.equal(view()?.trouble, "thrown in on purpose");
    const refused = stage.daemon.events.last(500).filter(({ name }) => name === "signal.refused");
    assert.deepEqual([refused[0]?.["code"], refused[0]?.["alarm"]], ["INTERNAL", true]);
    await stage.run(80);
    assert.deepEqual([stage.status.state, view()?.heard], ["failsafe", false]);
    armed = false;
    await stage.run(60);
    assert.deepEqual(limit(stage), ["limited", 4_000, "event"]);
    await stage.stop();
  });

  for (const fault of ["silent", "garbage", "refuse"] as const) {
    test(`${fault}: lost after its time, the failsafe limit joins, and what was in force stays`, async () => {
      const { stage, sim, owner, view } = setting();
      owner.limit(9);
      await stage.run(40);
      sim.fail(fault);
      await stage.run(50);
      assert.deepEqual(limit(stage), ["limited", 9_000, "event"]);
      await stage.run(35);
      assert.deepEqual(limit(stage), ["failsafe", FAILSAFE, "failsafe"]);
      assert.deepEqual([view()?.heard, typeof view()?.trouble], [false, "string"]);
      assert.doesNotMatch(view()?.trouble ?? "", /secret|Bearer/);
      sim.fail("clear");
      await stage.run(25);
      assert.deepEqual(limit(stage), ["limited", 9_000, "event"]);
      await stage.stop();
    });
  }

  for (const synchronised of [true, false]) {
    test(`a cache that repeats old answers raises nothing, and is a lost signal; the rack's clock is ${synchronised ? "" : "not "}synchronised`, async () => {
      const { stage, sim, owner } = setting();
      const id = owner.limit(9);
      await stage.run(40);
      stage.wall.synchronised = synchronised;
      sim.fail("stale");
      owner.ask("DELETE", `/events/${id}`);
      await stage.run(150);
      assert.deepEqual(limit(stage), ["failsafe", FAILSAFE, "failsafe"]);
      sim.fail("clear");
      await stage.run(25);
      assert.deepEqual(limit(stage), ["controlled", NOMINAL, "allocation"]);
      await stage.stop();
    });
  }

  test("kill -9: what was in force is in force beside the failsafe limit, until the VTN is heard", async () => {
    const { stage, sim, owner } = setting();
    owner.limit(3);
    await stage.run(40);
    assert.deepEqual(limit(stage), ["limited", 3_000, "event"]);
    stage.kill();
    sim.fail("silent");
    stage.boot();
    await stage.run(5);
    assert.deepEqual(limit(stage), ["init", 3_000, "event"]);
    await stage.run(150);
    assert.deepEqual(limit(stage), ["failsafe", 3_000, "event"]);
    await stage.stop();
  });

  test("an emergency stops, holds over a restart, and ends with the VTN's word", async () => {
    const { stage, owner } = setting();
    await stage.run(40);
    const id = owner.say("ALERT_GRID_EMERGENCY", "the grid is failing", { intervalPeriod: { start: new Date(stage.clock.now().at).toISOString(), duration: "PT1M" } });
    await stage.run(20);
    assert.equal(stage.status.state, "emergency");
    assert.ok(stage.powerW < 600, `${stage.powerW}`);
    stage.kill();
    stage.boot();
    await stage.run(5);
    assert.equal(stage.status.state, "emergency");
    await stage.run(90);
    assert.notEqual(stage.status.state, "emergency", "its minute is over and the VTN has been heard");
    owner.ask("DELETE", `/events/${id}`);
    await stage.run(60);
    assert.deepEqual(limit(stage), ["controlled", NOMINAL, "allocation"]);
    await stage.stop();
  });

  test("SIMPLE by the ladder, a setpoint as the draw aimed at", async () => {
    const { stage, owner } = setting();
    const simple = owner.say("SIMPLE", 2);
    await stage.run(40);
    assert.deepEqual(limit(stage), ["limited", Math.floor(NOMINAL / 2), "event"]);
    owner.ask("DELETE", `/events/${simple}`);
    owner.say("DISPATCH_SETPOINT", 11);
    await stage.run(60);
    assert.deepEqual([stage.daemon.status?.setpointW, stage.status.effectiveLimitW], [11_000, NOMINAL]);
    assert.ok(stage.powerW > 9_500 && stage.powerW <= 11_100, `${stage.powerW}`);
    await stage.stop();
  });
});

test("reports say what was drawn, and how well that is known", async () => {
  const { stage, sim, owner } = setting();
  await stage.run(40);
  const kinds = ["USAGE", "DEMAND", "BASELINE", "OPERATING_STATE", "LOAD_SHED_DELTA_AVAILABLE"];
  const start = new Date(stage.clock.now().at + 10_000).toISOString();
  owner.limit(8, { intervalPeriod: { start, duration: "PT2M" }, reportDescriptors: kinds.map((payloadType) => ({ payloadType })) });
  let wattSeconds = 0;
  let seconds = 0;
  await stage.run(170, () => {
    const at = stage.clock.now().at - Date.parse(start);
    if (at < 0 || at >= 120_000) return;
    seconds += 1;
    wattSeconds += stage.powerW;
  });
  type Payload = { readonly type: string; readonly values: readonly unknown[] };
  const said = new Map(sim.reports.map((report) => {
    const [resource] = report["resources"] as readonly { readonly intervals: readonly { readonly payloads: readonly Payload[] }[] }[];
    const [figure, quality] = resource?.intervals[0]?.payloads ?? [];
    return [figure?.type ?? "none", [figure?.values[0], quality?.values[0]] as const];
  }));
  assert.deepEqual([...said.keys()].sort(), [...kinds].sort());
  const mean = wattSeconds / seconds / 1_000;
  const near = (kind: string, expected: number, part: number): void => assert.ok(Math.abs(Number(said.get(kind)?.[0]) - expected) <= part * Math.abs(expected), `${kind} ${JSON.stringify(said.get(kind))}, expected ${expected}`);
  near("DEMAND", mean, 0.03);
  near("USAGE", mean / 30, 0.03);
  near("BASELINE", NOMINAL / 1_000, 0.1);
  assert.deepEqual([said.get("DEMAND")?.[1], said.get("BASELINE")?.[1], said.get("OPERATING_STATE")?.[0]], ["OK", "ESTIMATED", "RUNNING_CURTAILED"]);
  assert.ok(Number(said.get("LOAD_SHED_DELTA_AVAILABLE")?.[0]) < -1);
  await stage.stop();
});

describe("a rack under an operator and a VTN", () => {
  test("the smaller of both, and neither lifts the other's", async () => {
    const { stage, owner } = setting({ contractW: null, operated: true });
    stage.allocate(12_000);
    await stage.run(40);
    assert.deepEqual(limit(stage), ["limited", 12_000, "allocation"]);
    owner.limit(15);
    owner.say("IMPORT_CAPACITY_SUBSCRIPTION", 16);
    await stage.run(15);
    assert.deepEqual(limit(stage), ["limited", 12_000, "allocation"]);
    const id = owner.limit(7);
    await stage.run(15);
    assert.deepEqual(limit(stage), ["limited", 7_000, "event"]);
    stage.allocate(14_000);
    await stage.run(15);
    assert.deepEqual(limit(stage), ["limited", 7_000, "event"]);
    owner.ask("DELETE", `/events/${id}`);
    await stage.run(15);
    assert.deepEqual(limit(stage), ["limited", 14_000, "allocation"]);
    await stage.stop();
  });

  test("either one falling silent is a lost signal, and both have to be heard again", async () => {
    const { stage, sim } = setting({ contractW: null, operated: true });
    stage.allocate(12_000);
    await stage.run(40);
    assert.equal(stage.status.state, "limited");
    sim.fail("silent");
    await stage.run(80);
    assert.deepEqual(limit(stage), ["failsafe", FAILSAFE, "failsafe"]);
    sim.fail("clear");
    await stage.run(45);
    assert.deepEqual(limit(stage), ["limited", 12_000, "allocation"]);
    stage.beating = false;
    await stage.run(140);
    assert.deepEqual(limit(stage), ["failsafe", FAILSAFE, "failsafe"]);
    stage.beating = true;
    await stage.run(40);
    assert.deepEqual(limit(stage), ["limited", 12_000, "allocation"]);
    await stage.stop();
  });

  test("a subscription is no allocation of the operator's", async () => {
    const { stage, owner } = setting({ contractW: 16_000, operated: true });
    owner.say("IMPORT_CAPACITY_SUBSCRIPTION", 16);
    await stage.run(40);
    assert.equal(stage.status.effectiveLimitW, FAILSAFE);
    await stage.stop();
  });
});
