/** The simulation judged by itself: honest lives pass, the same plan is the same life, and planted bugs are found by the clause they break. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Asic } from "../../drivers/sim/asic.ts";
import { branch } from "../../drivers/sim/random.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { CATALOGUE } from "./catalogue.ts";
import { Dice } from "./dice.ts";
import { live } from "./life.ts";
import { Promptness, Raises } from "./oracle/clause-bcd.ts";
import { Use } from "./oracle/clause-e.ts";
import { Wear } from "./oracle/clause-i.ts";
import { CAUSES, rowOf } from "./oracle/grants.ts";
import type { Moment } from "./oracle/moment.ts";
import { Oracle } from "./oracle/oracle.ts";
import { reach, worth } from "./oracle/reach.ts";
import { CLAUSES, type Clause, type MachineSight, type Sight } from "./oracle/sight.ts";
import { drawPlan, honest } from "./plan.ts";
import { PLANTED } from "./planted.ts";
import { buildRack } from "./rack.ts";
import { shrink } from "./shrink.ts";
import { summarise } from "./summary.ts";
import { judge, planOf, twinViolations } from "./verdict.ts";

describe("simulated lives", () => {
  test("no clause is broken in a handful of lives", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const { violations, orders } = await judge(planOf(seed));
      assert.deepEqual({ seed, violations }, { seed, violations: [] });
      assert.ok(orders > 10, `${orders} orders`);
    }
  });

  test("fans that stand in a heat wave: whoever is too hot at its lowest point does not stay there", async () => {
    let judged = 0;
    for (const seed of [2, 3, 4]) {
      const happenings = [
        { kind: "allocation", atS: 30, lastsS: 0, asic: 0, u: [0.99, 0.9, 0.9] as const },
        { kind: "fans stand", atS: 150, lastsS: 700, asic: seed % 4, u: [0.5, 0.5, 0.5] as const },
        { kind: "heat wave", atS: 200, lastsS: 600, asic: 0, u: [0.8, 0.5, 0.5] as const },
      ];
      const life = await live({ ...drawPlan(seed), minutes: 15, asics: 4, happenings });
      assert.deepEqual({ seed, violations: life.violations }, { seed, violations: [] });
      judged += life.judged["h"] ?? 0;
    }
    assert.ok(judged > 100, `a hot board was judged ${judged} times`);
  });

  test("the same plan is the same life, to the last word of the journal", async () => {
    const plan = { ...drawPlan(7), minutes: 6 };
    const [once, again] = [await live(plan), await live(plan)];
    assert.equal(once.logHash, again.logHash);
    assert.notEqual(once.logHash, (await live({ ...drawPlan(8), minutes: 6 })).logHash);
  });

  test("a plan without its refused documents has every other happening of it", () => {
    const plan = drawPlan(5, { twin: true });
    const left = honest(plan).happenings;
    assert.ok(left.length < plan.happenings.length);
    assert.deepEqual(left, plan.happenings.filter(({ kind }) => CATALOGUE[kind]?.refused !== true));
  });
});

/** A machine of 25 W asleep and 4 kW at the most that obeys, as the judge is shown it. */
const seen = (over: Partial<MachineSight>): MachineSight => ({
  id: "a", powerW: 70, toldW: 25, asleepW: 25, highestW: 4000, choices: [{ watts: 25, ths: 0 }], hashrateThs: 0, saysW: 70, boots: false, fed: true, obeys: true, warmth: 1, boardC: null, trips: 0, wakesToW: 0, ...over,
});
const sightOf = ({ machines, ...over }: Partial<Omit<Sight, "machines">> & { readonly machines: readonly MachineSight[] }): Sight => ({
  nowMs: 0, wallMs: 0, powerW: 900, energyWh: () => 0, machines: () => machines, meteredOutlets: 0, nominalW: 4000, meterW: () => null, alive: true, said: null, ...over,
});

describe("the judge", () => {
  test("shares no code with the agent", () => {
    const folder = fileURLToPath(new URL("../../../test/dst/oracle/", import.meta.url));
    const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
    assert.ok(files.length >= 8, `${files.length} files`);
    for (const file of files) {
      for (const [, from = ""] of readFileSync(`${folder}${file}`, "utf8").matchAll(/ from "([^"]+)"/g)) assert.match(from, /^\.\/[a-z-]+\.ts$/, `${file} imports ${from}`);
    }
  });

  test("a cause without a row ends the run", () => {
    assert.throws(() => rowOf("gremlins"), /"gremlins" has no row/);
    for (const [cause, { begins, ends, because }] of Object.entries(CAUSES)) {
      assert.ok(because.length > 10, cause);
      for (const grant of ends === null ? [begins] : [begins, ends]) assert.ok(grant.fill <= 1 && grant.forS <= 180, cause);
    }
  });

  test("a run of hundreds in which a happening or a clause never occurred fails", () => {
    const verdict = { minutes: 1, orders: 1, cpuMs: 1, logHash: "", violations: [], happened: { kill: 1 }, judged: { a1: 1 } };
    const { ok, missing } = summarise(Array.from({ length: 300 }, (_, seed) => ({ ...verdict, seed })), 1);
    assert.equal(ok, false);
    assert.ok(missing.includes("mains outage never happened") && missing.includes("clause e never had anything to judge"), missing.join("; "));
  });

  test("c: what climbs to more already is stopped by an order to less, and not raised", () => {
    const found = (toldW: number): string[] => {
      const broken: string[] = [];
      const verdicts = { judged: () => undefined, broken: (clause: Clause) => void broken.push(clause) };
      const machines = [seen({ powerW: 900, toldW })];
      const raises = new Raises();
      raises.look({ sight: sightOf({ machines }), limitW: 1200, shownW: 1200, toleranceW: 20, quiet: true } as Moment, verdicts);
      raises.ordered({ device: "a", watts: 1600, limitW: 1200, calm: true }, machines, verdicts);
      return broken;
    };
    assert.deepEqual([found(900), found(2800)], [["c"], []]);
  });

  test("c: what a machine was told while it was stuck it has swallowed", () => {
    const found = (stuck: boolean): string[] => {
      const oracle = new Oracle({ failsafeW: 3000, rackW: 8000, kept: { seq: () => -1, latched: () => false } });
      const machines = [seen({ id: "a" }), seen({ id: "b" })];
      const order = (device: string, s: number): void => oracle.ordered({ device, setpoint: { kind: "points", point: "400" }, cause: "limit", watts: 2000 }, machines, { nowMs: 1000 * s, wallMs: 1000 * s });
      if (stuck) oracle.begins({ cause: "stuck", subject: "b", machineW: 4000 }, 0);
      for (let s = 0; s <= 100; s++) {
        oracle.look(sightOf({ nowMs: 1000 * s, wallMs: 1000 * s, powerW: 140, machines, alive: false }));
        if (s === 10) order("b", s);
        if (s === 20 && stuck) oracle.ends({ cause: "stuck", subject: "b", machineW: 4000 }, 1000 * s);
      }
      order("a", 100);
      return oracle.violations.map(({ clause }) => clause).filter((clause) => clause === "c");
    };
    assert.deepEqual([found(false), found(true)], [["c"], []]);
  });

  test("i: one change in five minutes, and a wake is one with who makes room for it and with the raise that follows", () => {
    type Told = [s: number, device: string, watts: number];
    const found = (...orders: readonly Told[]): string[] => {
      const broken: string[] = [];
      const verdicts = { judged: () => undefined, broken: (_: Clause, detail: string) => void broken.push(detail.split(" ")[0] ?? "") };
      const wear = new Wear();
      const tell = ([s, device, watts]: Told): void => {
        wear.ordered({ device, setpoint: watts === 25 ? { kind: "sleep" } : { kind: "points", point: String(watts) }, cause: "alloc-1", watts }, 1000 * s);
        wear.look({ sight: sightOf({ nowMs: 1000 * s, powerW: 900, machines: [] }), limitW: 1200 } as Moment, 0, verdicts);
      };
      for (const first of [[-600, "a", 600], [-600, "b", 600], [-600, "c", 25]] as const) tell([...first]);
      for (const order of orders) tell(order);
      return broken;
    };
    const rows: [string, string[], string[]][] = [
      ["up and down again", found([0, "a", 700], [200, "a", 600]), ["a"]],
      ["in five minutes", found([0, "a", 700], [300, "a", 600]), []],
      ["down for one that wakes, and up again", found([0, "a", 300], [10, "c", 300], [20, "a", 500]), []],
      ["up, and down again after another has woken", found([0, "a", 700], [10, "c", 300], [20, "a", 500]), ["a"]],
      ["woken, and on", found([0, "c", 300], [2, "c", 500]), []],
      ["woken, on, and back", found([0, "c", 300], [2, "c", 500], [60, "c", 300]), ["c"]],
      ["woken, and back to sleep", found([0, "c", 300], [60, "c", 25]), ["c"]],
      ["woken, and on after minutes", found([0, "c", 300], [130, "c", 500]), ["c"]],
    ];
    for (const [name, broken, expected] of rows) assert.deepEqual(broken, expected, name);
  });

  test("d: who has booted meanwhile was not to be reached for five seconds", () => {
    const found = (bootsUntilS: number): string[] => {
      const broken: string[] = [];
      const verdicts = { judged: () => undefined, broken: (clause: Clause) => void broken.push(clause) };
      const prompt = new Promptness();
      prompt.begins(0);
      for (let s = 0; s <= 6; s++) {
        const machines = [seen({ powerW: 300, toldW: 2800, boots: s < bootsUntilS })];
        const said = { effectiveLimitW: 1200, compliance: "compliant", state: "limited" };
        prompt.look({ sight: sightOf({ nowMs: s * 1000, machines, said }), limitW: 1200, shownW: 1200, toleranceW: 20, alone: true } as Moment, verdicts);
      }
      return broken;
    };
    assert.deepEqual([found(0), found(4)], [["d"], []]);
  });

  test("a1: a limit that falls while a machine boots is met when that has been heard", () => {
    const found = (boots: boolean, untilS: number): Clause[] => {
      const oracle = new Oracle({ failsafeW: 8000, rackW: 8000, kept: { seq: () => -1, latched: () => false } });
      const look = (s: number, powerW: number, starts: boolean): void => oracle.look(sightOf({ nowMs: s * 1000, wallMs: s * 1000, powerW, alive: false, machines: [seen({ powerW, boots: starts })] }));
      look(0, 70, boots);
      oracle.delivered({ topic: "limit", type: "LIMIT", id: "l", seq: 1, wire: "", genuine: true, payload: { status: "ACTIVE", intervals: [{ limitW: 500 }], exp: new Date(900_000).toISOString() } }, { nowMs: 1000, wallMs: 1000 });
      for (let s = 1; s < 30; s++) look(s, 70, boots);
      for (let s = 30; s <= untilS; s++) look(s, 900, false);
      return oracle.violations.map(({ clause }) => clause).filter((clause) => clause === "a1");
    };
    assert.deepEqual([found(true, 60), found(true, 63), found(false, 30)], [[], ["a1"], ["a1"]]);
  });

  test("is told what machines draw at their points, not what their tables say", () => {
    const { asics } = buildRack(new Dice(3, "rack"), new VirtualClock(), 6);
    for (const { physics, machine, choices, pointsW } of asics) {
      for (const [index, { id }] of physics.points.entries()) {
        const { powerW, hashrateThs } = new Asic({ model: physics, random: branch(1, 1), unit: machine.body.unit, point: id });
        const { watts, ths } = choices[index + 1] ?? { watts: 0, ths: 0 };
        assert.deepEqual([pointsW.get(id), watts, ths].map((value) => value?.toFixed(6)), [powerW, powerW, hashrateThs].map((value) => value.toFixed(6)), `${physics.id} at ${id}`);
      }
    }
  });

  test("e: who ran last while a meter showed too much is not asked for until it has run again", () => {
    const found = (shownHighAtS: number): string[] => {
      const broken: string[] = [];
      const verdicts = { judged: () => undefined, broken: (clause: Clause) => void broken.push(clause) };
      const use = new Use();
      const rests = { choices: [25, 1000].map((watts) => ({ watts, ths: watts / 20 })), hashrateThs: 50 };
      const [awake, asleep, better] = [{ powerW: 1000, hashrateThs: 50 }, { powerW: 25, hashrateThs: 0 }, { choices: [25, 1150].map((watts) => ({ watts, ths: watts / 20 })) }];
      // The better one runs for ten seconds, the other one for the rest.
      for (let s = 0; s < 900; s++) {
        const machines = [seen({ ...rests, ...(s < 10 ? asleep : awake) }), seen({ id: "b", ...better, ...(s < 10 ? awake : asleep) })];
        const sight = sightOf({ machines, nowMs: s * 1000, wallMs: s * 1000, powerW: 1025, said: { effectiveLimitW: 1200, compliance: "compliant", state: "limited" } });
        use.look({ sight, limitW: 1200, limitEndsMs: Infinity, toleranceW: 20, quiet: true, whole: s !== shownHighAtS, shownHigh: s === shownHighAtS } as Moment, { rampPctPerMin: 600, recoveredMs: 0 }, verdicts);
      }
      return broken;
    };
    assert.deepEqual([found(5), found(15), found(-1)], [[], ["e"], ["e"]]);
  });

  test("what can be reached is exact: against every combination", () => {
    const machines = [[25, 1230, 1389, 1547], [25, 990, 1104], [25, 2037, 2230, 2428]].map((choices) => choices.map((watts, i) => ({ watts, ths: i === 0 ? 0 : Math.sqrt(watts) })));
    const none = { watts: 0, ths: 0 };
    const sums = machines.reduce((before, choices) => before.flatMap((sum) => choices.map((choice) => ({ watts: sum.watts + choice.watts, ths: sum.ths + choice.ths }))), [none]);
    for (const limit of [0, 74, 75, 1000, 2299, 2300, 3000, 4500, 9000]) {
      const within = [none, ...sums.filter(({ watts }) => watts <= limit)];
      assert.equal(reach(machines, limit), Math.max(...within.map(({ watts }) => watts)), `watts under ${limit} W`);
      assert.ok(Math.abs(worth(machines, limit) - Math.max(...within.map(({ ths }) => ths))) < 1e-9, `work under ${limit} W`);
    }
  });
});

describe("planted bugs are found", () => {
  for (const { name, clause, seeds, sabotage, happenings } of PLANTED) {
    test(`${clause}: ${name}`, async () => {
      const found = new Set<Clause>();
      for (const seed of seeds) {
        const drawn = drawPlan(seed, { twin: true });
        const plan = { ...drawn, minutes: Math.min(drawn.minutes, 10), happenings: happenings ?? drawn.happenings };
        const life = await live(plan, { sabotage });
        for (const violation of life.violations) found.add(violation.clause);
        if (clause === "b-twin") for (const violation of twinViolations(life, await live(honest(plan), { sabotage }))) found.add(violation.clause);
        if (found.has(clause)) break;
      }
      assert.ok(found.has(clause), `found ${[...found].join(", ") || "nothing"}`);
    });
  }

  test("every clause has one", () => {
    const planted = new Set(PLANTED.map(({ clause }) => clause));
    assert.deepEqual(Object.keys(CLAUSES).filter((clause) => !planted.has(clause as Clause)), []);
  });

  test("a failing life shrinks to what makes it fail", async () => {
    const bug = PLANTED.find(({ clause }) => clause === "b");
    assert.ok(bug !== undefined);
    const judgeBugged = async (plan: Parameters<typeof judge>[0]) => ({ ...(await live(plan, { sabotage: bug.sabotage })), seed: plan.seed, minutes: plan.minutes, cpuMs: 0 });
    const drop = { kind: "allocation", atS: 100, lastsS: 0, asic: 0, u: [0.5, 0.9, 0.9] } as const;
    const noise = (["forged stranger", "forged garbage", "forged unsigned", "replay"] as const).map((kind, index) => ({ ...drop, kind, atS: 40 + 20 * index }));
    const plan = { seed: 3, minutes: 10, asics: 4, happenings: [...noise, drop].sort((one, other) => one.atS - other.atS) };
    const verdict = await judgeBugged(plan);
    const smaller = await shrink(plan, verdict, judgeBugged);
    assert.ok(smaller.plan.happenings.every(({ kind }) => kind === drop.kind), "nothing is left that has no part in it");
    assert.ok(smaller.plan.minutes <= plan.minutes);
    assert.equal(smaller.verdict.violations[0]?.clause, verdict.violations[0]?.clause);
  });
});
