/** An hour of the simulated rack with everything recorded: a drop, an hour's broker outage, a kill; and what is left of it for others. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { Farm } from "../../agent/attend/farm.ts";
import { History } from "../../agent/attend/history.ts";
import { openEvidence, type Evidence } from "../../agent/attend/evidence.ts";
import { openedBy } from "../../agent/attend/seal.ts";
import { fingerprintOf } from "../../agent/config/device-key.ts";
import { checkReport } from "../../agent/cli/commands/report.ts";
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import { Daemon } from "../../agent/daemon.ts";
import { verifyJournal } from "../../agent/record/verify.ts";
import type { ReportFacts } from "../../agent/report/bundle/facts.ts";
import type { IntervalRecord } from "../../agent/report/energy/record.ts";
import { charging, Pace } from "../../agent/report/farm/pace.ts";
import { BUDGET, RECORDS } from "../../agent/report/farm/tables.ts";
import { willDocument } from "../../agent/report/status.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { Signal } from "../../agent/signal/signal.ts";
import { intervalSchema, reportSchema } from "../../scripts/docs/agent-documents.ts";
import { MemoryBroker, MemoryLink } from "../support/memory-link.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { MemoryDrawer } from "../support/memory-drawer.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { Dice } from "./dice.ts";
import { SimDisk } from "./disk.ts";
import { MortalClock } from "./mortal-clock.ts";
import { Mortality } from "./mortality.ts";
import { NODE, ROOT, rootKey, SimOperator } from "./operator.ts";
import { buildRack } from "./rack.ts";
import { simDevice } from "./sim-device.ts";
import { farmRows, gridRows } from "../../scripts/docs/asyncapi.ts";
import { farmWords, words } from "../../scripts/docs/schemas.ts";
import { Said } from "./said.ts";
import { simMeter } from "./sim-meter.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const fingerprint = fingerprintOf(publicKey);
const key = { kid: "rack-1", key: privateKey, publicKey, fingerprint };
const FARM = "curtaild/s1/r1";

const SIGNED = "payload protected signature";
/** By form of topic, the members of all that is said on the grid link: none names a machine, its hashrate, its pool or its cost. */
const TOLD_GRID = {
  "gla/1/sim/keys": SIGNED,
  ...Object.fromEntries(Object.entries({
    "ack/{id}": "at code effectiveLimitW epoch expectedSettleAt id measuredW of reason recordId recordedAt seq shortfallW status topic type v",
    allocation: SIGNED,
    capability: "addW ahead at curve devices emergency failsafeLimitW floorW heartbeatTimeoutS nominalW shareFrom shedW transitions type v",
    "event/{id}": SIGNED,
    heartbeat: SIGNED,
    interval: "allottedWh at bridgedWh clock energyBy energyWh estimatedS from historical limits maxW measuredS missingS overS overWh powerWh quality recordId recordedAt registerNote registers to type v violatingS",
    "log/head": SIGNED,
    "notice/{event}": "alarm at bytes code count doc epoch from fromW highW id lowW name powerW reason seq sha256 signer source to toW topic total type waiting",
    "report/{id}": "at curve energy from historical id journal order recordId recordedAt result to type v",
    status: "at bindingBy bindingDoc bindingSince budgetW clock compliance complianceW config devices drill effectiveLimitW failsafeLimitW gap hashrateThs heartbeat heartbeatAgeS heartbeatTimeoutS held heldIds licence limitSource logHead measuredHighW measuredLowW measuredQuality measuredW next online reason refused remainingS restoring session setpointDoc setpointW share shareFrom signatures software state storage type unsigned v",
    telemetry: "at budgetW compliance drill effectiveLimitW powerHighW powerLowW powerW quality state type v",
  }).map(([topic, members]) => [`gla/1/sim/site/s1/rack/r1/${topic}`, members])),
};
const energy = generateKeyPairSync("ec", { namedCurve: "P-256" });

type Interval = IntervalRecord & { readonly recordId: string; readonly historical?: true };

class RecordedRack {
  readonly clock = new VirtualClock();
  readonly broker = new MemoryBroker(this.clock);
  readonly rack: ReturnType<typeof buildRack>;
  readonly operator = new SimOperator(this.broker, () => this.clock.now().at, () => undefined);
  readonly folder = new MemoryDisk();
  readonly intervals: Interval[] = [];
  readonly acks: string[] = [];
  readonly reports: Record<string, unknown>[] = [];
  readonly farmBroker = new MemoryBroker(this.clock);
  /** Whatever was said on either link. */
  readonly said = { grid: new Said(), farm: new Said() };
  readonly #disk = new SimDisk();
  readonly #drawer = new MemoryDrawer();
  readonly #farmDrawer = new MemoryDrawer();
  #mortality = new Mortality(() => undefined);
  #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #boots = 0;
  evidence: Evidence | null = null;

  constructor(seed = 7, asics = 6) {
    this.rack = buildRack(new Dice(seed, "rack"), this.clock, asics);
    this.#listen();
    this.farmBroker.observe("everybody", "#", (message) => this.said.farm.hear(message));
  }

  /** A broker that goes down loses its listeners too. */
  async outage(minutes: number): Promise<void> {
    this.broker.goDown();
    await this.live(minutes);
    this.#listen();
    this.broker.comeUp();
  }

  #listen(): void {
    this.broker.observe("everybody", "#", (message) => this.said.grid.hear(message));
    this.broker.observe("operator", `${ROOT}${NODE}/#`, ({ topic, payload }) => {
      if (topic.endsWith("/interval")) this.intervals.push(JSON.parse(Buffer.from(payload).toString("utf8")) as Interval);
      if (topic.includes("/report/")) this.reports.push(JSON.parse(Buffer.from(payload).toString("utf8")) as Record<string, unknown>);
      if (topic.includes("/ack/")) this.acks.push((JSON.parse(Buffer.from(payload).toString("utf8")) as { status: string }).status);
    });
  }

  async boot(): Promise<void> {
    this.#boots += 1;
    const mortality = new Mortality(() => undefined);
    const own = new MortalClock(this.clock, { offsetMs: 0, synchronised: true }, mortality);
    const dice = new Dice(this.#boots, "process");
    const signal = new Signal({
      prefix: "gla/1", operator: "sim", site: "s1", rack: "r1", signatures: "required", heartbeat: "required", clock: "kernel",
      rootKey, nominal: watts(this.rack.nominalW), optOut: false, shares: {}, drawSeed: () => "5eed".repeat(16),
    });
    const grid = new MemoryLink(this.broker, own, { clientId: "rack", subscriptions: signal.subscriptions() });
    const [pace, half] = [new Pace(BUDGET), new Pace(RECORDS)];
    const farm = charging(new MemoryLink(this.farmBroker, own, { clientId: "farm", subscriptions: [] }), pace);
    const history = new History(this.rack.asics.map(({ machine }) => machine));
    const opening = openEvidence({
      clock: own, disk: this.folder.open(own), key, energyKey: { ...key, key: energy.privateKey, publicKey: energy.publicKey }, seal: (payload) => payload, draw: () => `run${this.#boots}`,
      boot: `boot-${this.#boots}`, software: "dst", identity: { operator: "sim", node: NODE }, config: { state: "ok", content: {} }, miners: [], failsafeW: this.rack.failsafeW, sightings: () => [], hashrate: (from, to) => history.past.hashrate(from, to), whoIs: null, log: silentLog,
      settings: { keepMonths: 24, packAfterDays: 2, reserveMB: 1, tariff: null, licence: null },
      grid: { link: grid, room: () => Promise.resolve(), root: ROOT + NODE, drawer: this.#drawer.open(own) }, farm: { link: charging(farm, half), room: (signal) => half.room(own, signal), root: FARM, drawer: this.#farmDrawer.open(own) },
    });
    await this.clock.advance(millis(100));
    const evidence = await opening;
    const daemon: Daemon = new Daemon({
      clock: own, random: dice.next, log: silentLog, store: this.#disk.open(own, mortality), grid, gridRoot: ROOT + NODE, farm, signal,
      identity: { operator: "sim", node: NODE, key: null }, seal: (payload) => payload,
      wiring: {
        devices: this.rack.asics.map((asic) => ({ device: simDevice(asic, { clock: own, mortality }), outlet: null })),
        meters: [{ meter: simMeter(this.rack.pdu, own, { mortality, scale: { shown: 1 } }), role: "rack" }],
      },
      policy: { ...DEFAULT_POLICY, nominal: watts(this.rack.nominalW), failsafe: watts(this.rack.failsafeW), restart: { minOff: seconds(0), random: seconds(1), rampPercentPerMinute: 600 } },
      breakerW: null, onStop: "failsafe", boot: `boot-${this.#boots}`, software: "dst", config: "ok",
      notify: { ready: () => undefined, watchdog: () => undefined, stopping: () => undefined },
      attendants: [history, ...evidence.attendants, new Farm({
        link: farm, pace, root: FARM, machines: this.rack.asics.length, homeAssistant: null, about: (device) => daemon.about(device), will: (connects) => ({ topic: `${FARM}/status`, payload: JSON.stringify(willDocument({ session: { boot: "b", connects }, failsafeW: this.rack.failsafeW, heartbeatTimeoutS: 120 })), qos: 1, retain: true }),
      })], forward: evidence.toGrid, logHead: evidence.logHead,
    });
    this.#mortality = mortality;
    this.#stop = new AbortController();
    void own.sync.run(own, silentLog, this.#stop.signal);
    this.#ended = daemon.run(this.#stop.signal);
    this.evidence = evidence;
  }

  /** Time passes, with a heartbeat every ten seconds. */
  async live(minutes: number): Promise<void> {
    for (let beat = 0; beat < minutes * 6; beat += 1) {
      this.operator.heartbeat(10);
      await this.clock.advance(seconds(10));
    }
  }

  /** Nothing can be written for a while: neither lines nor what is to be sent. */
  async fullDisk(minutes: number): Promise<void> {
    const { room } = this.folder;
    this.folder.room = 0;
    this.#drawer.full = true;
    await this.live(minutes);
    this.folder.room = room;
    this.#drawer.full = false;
  }

  /** What was not synced is gone, as nothing else is: the reserve on the drawer is LevelDB's. */
  pullPlug(): void {
    this.kill();
    this.folder.powerCut();
  }

  kill(): void {
    this.#mortality.end();
    this.broker.cut("rack");
    this.farmBroker.cut("farm");
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("stopped"));
    await this.clock.advance(seconds(30));
    await this.#ended;
    const closing = this.evidence?.close();
    await this.clock.advance(seconds(1));
    await closing;
  }

  async done<T>(work: Promise<T>): Promise<T> {
    await this.clock.advance(seconds(5));
    return work;
  }
}

test("an hour is recorded whole: through an outage of the broker and a kill, every quarter hour arrives once, and the report of the drop shows it", async () => {
  const life = new RecordedRack();
  life.operator.keys();
  const allocation = { maxW: life.rack.nominalW, validForS: 86_400, heartbeatTimeoutS: 120, rampPctPerMin: 600, restart: { minOffS: 0, randomS: 1 } };
  life.operator.allocation(allocation);
  await life.boot();
  await life.live(10);
  const limitW = Math.round(life.rack.nominalW / 2);
  const limit = life.operator.limit({ limitW, forS: 600 });
  await life.live(12);
  await life.outage(20);
  await life.live(5);
  life.kill();
  await life.boot();
  await life.live(15);

  const froms = life.intervals.map(({ from }) => from.slice(11, 16));
  assert.deepEqual(froms, ["00:00", "00:15", "00:30", "00:45"]);
  assert.equal(new Set(life.intervals.map(({ recordId }) => recordId)).size, 4);
  assert.deepEqual(life.intervals.map(({ historical = false }) => historical), [false, true, false, false]);
  assert.deepEqual(life.intervals.slice(1).map(({ quality, energyBy }) => `${quality} ${energyBy}`), ["ok register", "ok register", "ok register"]);
  const recordedWh = life.intervals.slice(1).reduce((sum, { energyWh }) => sum + (energyWh ?? 0), 0);
  assert.ok(recordedWh > 0.2 * 0.75 * life.rack.nominalW, `${recordedWh} Wh`);
  assert.ok(life.acks.includes("SETTLED"), life.acks.join(" "));

  for (const interval of life.intervals) intervalSchema.parse(interval);
  for (const report of life.reports) reportSchema.parse(report);
  const told = life.reports.find(({ id }) => id === limit.id);
  assert.equal((told?.["result"] as { limitW: number } | undefined)?.limitW, limitW);
  assert.ok(JSON.stringify(told).length < 65_536 && !JSON.stringify(told).includes("hashes"));

  const { reports } = life.evidence ?? assert.fail();
  const json = await life.done(reports.write({ id: limit.id }, "json"));
  const { report } = JSON.parse(json?.text ?? "") as { report: ReportFacts };
  assert.equal(report.result?.limitW, limitW);
  assert.ok((report.result.underLimitS ?? 99) <= 15, `${report.result.underLimitS} s`);
  assert.ok((report.result.withinPct ?? 0) >= 99, `${report.result.withinPct} %`);
  assert.ok((report.energy.meterBefore?.notUsedWh ?? 0) > 0);
  assert.equal(report.order?.message, limit.wire);
  assert.equal(report.hashrate, null, "memory ends with the process: what came before the kill is not remembered, and not invented");
  const html = await life.done(reports.write({ id: limit.id }, "html"));
  assert.equal(checkReport(Buffer.from(html?.text ?? ""), fingerprint).ok, true);
  assert.equal(await life.done(reports.write({ id: "nobody-said-this" }, "html")), null);

  // The operator asks for five minutes: from then on it gets them, and the rack's own books stay as they are.
  life.operator.allocation({ ...allocation, report: { intervalS: 300 } });
  await life.live(16);
  assert.deepEqual(life.intervals.slice(4).map(({ from, to }) => `${from.slice(11, 16)}-${to.slice(11, 16)}`), ["01:00-01:05", "01:05-01:10", "01:10-01:15"]);
  const own = await life.done(reports.write({ from: Date.parse(life.intervals[4]?.from ?? ""), to: life.clock.now().at }, "json"));
  const { hashrate } = (JSON.parse(own?.text ?? "") as { report: ReportFacts }).report;
  assert.ok((hashrate?.rowsThs.length ?? 0) >= 15 && hashrate?.rowsThs.some((ths) => (ths ?? 0) > 0), JSON.stringify(hashrate));
  assert.deepEqual((JSON.parse(own?.text ?? "") as { report: ReportFacts }).report.intervals.map(({ from, to }) => `${from.slice(11, 16)}-${to.slice(11, 16)}`), ["01:00-01:15"]);

  await life.stop();
  assert.deepEqual(life.said.grid.members(), TOLD_GRID, "the grid link carries what the contract names: a topic or member that is new here is a decision, or a leak");
  assert.deepEqual(Object.keys(life.said.farm.members()), farmRows.map(({ address }) => address.replace("{site}/{rack}", "s1/r1")).sort());
  for (const { address, types: [type = ""] } of farmRows) {
    for (const payload of life.said.farm.payloads(address.replace("{site}/{rack}", "s1/r1"))) ({ ...words, ...farmWords })[type]?.parse(payload);
  }
  for (const { address, types: [type = ""] } of gridRows.filter(({ action, name }) => action === "send" && name !== "logHead")) {
    for (const payload of life.said.grid.payloads(address.replace("{operator}/{node}", `sim${NODE}`))) words[type]?.parse(payload);
  }
  assert.equal((life.said.farm.payloads(`${FARM}/status`).at(-1) as { online: boolean }).online, false, "who stops in order says so");

  const verdict = await verifyJournal(life.folder.open(life.clock), { open: openedBy(publicKey), outside: [] });
  assert.deepEqual(verdict.findings, []);
  assert.equal(verdict.signedTo, verdict.head.n);
});

/** What is drawn happens to the rack and its recorder; the lives of the catalogue are judged on power, these on what is left of them for others. */
for (const seed of [3]) {
  test(`recorded life ${seed}: whatever happens, the journal is whole, and no quarter hour is lost, doubled or overlapping`, async () => {
    const dice = new Dice(seed, "recorded");
    const life = new RecordedRack(seed, 3);
    life.operator.keys();
    life.operator.allocation({ maxW: life.rack.nominalW, validForS: 86_400, heartbeatTimeoutS: 120, rampPctPerMin: 600, restart: { minOffS: 0, randomS: 1 } });
    await life.boot();
    await life.live(5);
    let journalMayMiss = false;
    const happened: string[] = [];
    for (let part = 0; part < 8; part += 1) {
      const what = dice.pick(["limit", "outage", "kill", "plug", "full disk", "stop"]);
      happened.push(what);
      if (what === "limit") life.operator.limit({ limitW: Math.round(life.rack.nominalW * dice.between(0.3, 0.9)), forS: dice.whole(120, 900) });
      else if (what === "outage") await life.outage(dice.whole(2, 20));
      else if (what === "full disk") {
        journalMayMiss = true;
        await life.fullDisk(dice.whole(1, 6));
      } else {
        if (what === "stop") await life.stop();
        else if (what === "kill") life.kill();
        else life.pullPlug();
        await life.clock.advance(seconds(dice.whole(1, 300)));
        await life.boot();
      }
      await life.live(dice.whole(3, 8));
    }
    await life.live(16);
    await life.stop();

    const said = `${happened.join(", ")}: `;
    const records = life.intervals;
    assert.ok(records.length >= 4, `${said}${records.length} records`);
    assert.equal(new Set(records.map(({ recordId }) => recordId)).size, new Set(records.map(({ from }) => from)).size, `${said}an interval has two names`);
    const byTime = [...new Map(records.map((record) => [record.from, record])).values()].sort((a, b) => (a.from < b.from ? -1 : 1));
    for (const [index, { from, to }] of byTime.entries()) {
      const next = byTime[index + 1];
      if (next !== undefined) assert.equal(to, next.from, `${said}after ${from}`);
      assert.equal(Date.parse(to) - Date.parse(from), 900_000);
    }
    // Registers count on while nobody looks: what is recorded and what is bridged is what they counted.
    const start = byTime.findIndex(({ registers: [meter] }) => meter?.startWh != null);
    const end = byTime.findLastIndex(({ registers: [meter] }) => meter?.endWh != null);
    assert.ok(start >= 0 && end > start, said);
    const counted = (byTime[end]?.registers[0]?.endWh ?? 0) - (byTime[start]?.registers[0]?.startWh ?? 0);
    const told = byTime.slice(start, end + 1).reduce((sum, { energyWh, bridgedWh }, index) => sum + (energyWh ?? 0) + (index === 0 ? 0 : (bridgedWh ?? 0)), 0);
    assert.ok(Math.abs(told - counted) <= 0.02 * counted + 2, `${said}told ${told} Wh, counted ${counted} Wh`);

    const verdict = await verifyJournal(life.folder.open(life.clock), { open: openedBy(publicKey), outside: [] });
    assert.deepEqual(verdict.findings, [], said);
    const text = [...life.folder.files.values()].map(({ bytes }) => bytes.toString("utf8")).join("");
    if (!journalMayMiss) assert.ok(!text.includes('"kind":"lost"'), said);
  });
}

test("of an order that ended a moment before the daemon did, the next one tells, and the rack comes before any report", async () => {
  const life = new RecordedRack();
  life.operator.keys();
  life.operator.allocation({ maxW: life.rack.nominalW, validForS: 86_400, heartbeatTimeoutS: 120, rampPctPerMin: 600, restart: { minOffS: 0, randomS: 1 } });
  await life.boot();
  await life.live(5);
  const { id } = life.operator.limit({ limitW: Math.round(life.rack.nominalW / 2), forS: 60 });
  await life.live(1);
  await life.clock.advance(seconds(10));
  assert.deepEqual(life.reports.filter((report) => report["id"] === id), [], "told while the rack was on its way");
  life.kill();
  await life.boot();
  await life.live(1);
  assert.equal(life.reports.filter((report) => report["id"] === id).length, 1);
  await life.live(2);
  life.kill();
  await life.boot();
  await life.live(1);
  assert.equal(life.reports.filter((report) => report["id"] === id).length, 1, "told again");
  await life.stop();
});
