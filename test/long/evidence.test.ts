/** Figures of what is recorded: 1 GB of journal verified, and an hour of 1,000 ASICs recorded. */
import { silentLog } from "../../agent/runtime/log.ts";
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openEvidence } from "../../agent/attend/evidence.ts";
import { openedBy, sealedBy } from "../../agent/attend/seal.ts";
import type { Decision } from "../../agent/core/decide.ts";
import { instant, millis, terahash, watts } from "../../agent/core/units.ts";
import { hashOf, headText, nextLine, START, type Head } from "../../agent/record/chain.ts";
import { openDrawer } from "../../agent/record/drawer.ts";
import { openFolder } from "../../agent/record/folder.ts";
import { HEADS, segmentName } from "../../agent/record/segments.ts";
import { verifyJournal } from "../../agent/record/verify.ts";
import type { StatusDocument } from "../../agent/report/status.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { Link } from "../../agent/runtime/link.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const seal = sealedBy({ kid: "rack-1", key: privateKey });
const GIGABYTE = 1e9;

async function temporary(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "curtaild-evidence-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Lines as a rack writes them: orders, results, events, now and then a checkpoint. */
async function writeJournal(dir: string, bytes: number): Promise<void> {
  await mkdir(dir, { recursive: true });
  let head: Head = START;
  let written = 0;
  for (let number = 1; written < bytes; number += 1) {
    const day = new Date(Date.UTC(2026, 0, number)).toISOString().slice(0, 10);
    const file = createWriteStream(join(dir, segmentName(number, day)));
    for (let size = 0; size < 64 * 1024 * 1024 && written < bytes; ) {
      const lines: string[] = [];
      for (let count = 0; count < 5_000; count += 1) {
        const signed = count === 0 ? seal(JSON.stringify({ v: 1, type: "LOG_HEAD", at: day, logHead: headText(head) })) : null;
        const record = signed !== null ? { kind: "checkpoint", head: signed } : { kind: "event", name: "compliance.changed", from: "settling", to: "compliant", powerW: 20_000 + count, lowW: 19_900, highW: 20_100, note: "x".repeat(count % 120) };
        const line = nextLine(head, { at: `${day}T00:00:00.000Z`, up: count, ...record });
        head = { n: head.n + 1, hash: hashOf(line) };
        lines.push(line);
      }
      const text = `${lines.join("\n")}\n`;
      size += text.length;
      written += text.length;
      if (!file.write(text)) await once(file, "drain");
    }
    file.end();
    await once(file, "finish");
  }
  await writeFile(join(dir, HEADS), `${seal(JSON.stringify({ v: 1, type: "LOG_HEAD", at: "", logHead: headText(head) }))}\n`);
}

test("1 GB of journal is verified in 15 s", async (t) => {
  const dir = await temporary(t);
  await writeJournal(dir, GIGABYTE);
  const begun = performance.now();
  const verdict = await verifyJournal(await openFolder(dir), { open: openedBy(publicKey), outside: [] });
  const seconds = (performance.now() - begun) / 1000;
  t.diagnostic(`${(verdict.bytes / 1e9).toFixed(2)} GB, ${verdict.lines} lines in ${seconds.toFixed(1)} s`);
  assert.deepEqual(verdict.findings, []);
  assert.ok(verdict.bytes >= GIGABYTE);
  assert.ok(seconds <= 15, `${seconds.toFixed(1)} s`);
});

const ASICS = 1_000;
const HOUR_S = 3_600;

/** What recording looks at, of a rack of 1,000 whose figures never stand still. */
function decisionAt(second: number): Decision {
  const views = Array.from({ length: ASICS }, (_, index) => {
    const power = 3_000 + ((second * 7 + index * 13) % 500);
    return { device: { id: `asic-${index}`, outlet: null, reading: { kind: "known", telemetry: { hashrate: terahash(100 + (index % 20)) } } }, draw: { low: watts(power - 10), high: watts(power + 10), by: "outlet" } };
  });
  const orders = second % 20 === 0 ? Array.from({ length: 50 }, (_, index) => ({ id: second * 100 + index, device: `asic-${index}`, setpoint: { kind: "points", point: "590" }, cause: "trim" })) : [];
  const total = watts(3_200_000 + (second % 1000) * 10);
  return { uptime: millis(second * 1000), views, orders, draw: { low: total, high: total, by: "inlet" }, quality: "measured", effective: { limit: { kind: "limited", power: watts(3_300_000) }, binding: null }, compliance: { kind: "compliant", margin: watts(1) } } as unknown as Decision;
}

test("an hour of 1,000 ASICs is recorded in under a tenth of a core, and a week of it takes under 1 GB", async (t) => {
  const dir = await temporary(t);
  const real = stopwatch();
  let second = 0;
  const now = (): ReturnType<Clock["now"]> => ({ uptime: millis(second * 1000), at: instant(Date.UTC(2026, 0, 1) + second * 1000), error: millis(0) });
  const clock: Clock = { ...real, now };
  const link = { connected: false, publish: () => undefined, deliver: async () => ({ kind: "lost" }), resubscribe: () => undefined, run: async () => undefined } as unknown as Link;
  const evidence = await openEvidence({
    clock, disk: await openFolder(join(dir, "journal")), key: null, energyKey: null, seal: (payload) => payload, draw: () => "t", boot: "b", software: "s",
    identity: { operator: "o", node: "n" }, miners: [], failsafeW: 0, sightings: () => [], hashrate: () => null, whoIs: null, log: silentLog, config: { state: "ok", content: {} },
    settings: { keepMonths: 24, packAfterDays: 2, reserveMB: 64, tariff: null, licence: null },
    grid: { link, room: () => Promise.resolve(), root: "g", drawer: await openDrawer(join(dir, "grid")) }, farm: { link, room: () => Promise.resolve(), root: "f", drawer: await openDrawer(join(dir, "farm")) },
  });
  const status = { clock: "synced" } as StatusDocument;
  // All the process does meanwhile is on the bill, making up the rack too.
  const before = process.cpuUsage();
  for (; second < HOUR_S; second += 1) {
    const decision = decisionAt(second);
    for (const { id } of decision.orders) for (const attendant of evidence.attendants) attendant.happened?.({ at: "", name: "setpoint.acknowledged", order: id, tookMs: 100 });
    for (const attendant of evidence.attendants) attendant.decided?.(decision, { status, tick: now(), asked: { telemetry: null, interval: null } });
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await evidence.close();
  const used = process.cpuUsage(before);
  const share = ((used.user + used.system) / 1000 / (HOUR_S * 1000)) * 100;
  const sizes = await Promise.all(["journal", "grid", "farm"].map(async (name) => [name, (await (await openFolder(join(dir, name))).list()).reduce((sum, { bytes }) => sum + bytes, 0)] as const));
  const week = (sizes.reduce((sum, [, bytes]) => sum + bytes, 0) * 24 * 7) / 1e9;
  t.diagnostic(`${share.toFixed(2)} % of a core; an hour takes ${sizes.map(([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(1)} MB`).join(", ")}, a week ${week.toFixed(2)} GB`);
  assert.ok(share < 10, `${share.toFixed(2)} %`);
  assert.ok(week < 1, `${week.toFixed(2)} GB`);
});
