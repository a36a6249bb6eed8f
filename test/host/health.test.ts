import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { HostHealth } from "../../agent/attend/host-health.ts";
import { alarmRules, standing } from "../../agent/host/alarms.ts";
import { figureReader, type HostFigures } from "../../agent/host/figures.ts";
import { millis } from "../../agent/core/units.ts";
import type { Desk } from "../../agent/attend/attendant.ts";
import { explained } from "../../agent/report/runbook/runbook.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { run } from "../cli/programs.ts";
import { testDirectory } from "../config/config-files.ts";

const fine: HostFigures = { temperatureC: 50, diskFreePct: 60, memoryAvailablePct: 50, clockSynced: true, linksUp: ["eth0"], loopDelayMs: 3 };

describe("alarms of the controller", () => {
  const table: [string, Partial<HostFigures>, Partial<HostFigures>][] = [
    ["controller-hot", { temperatureC: 85 }, { temperatureC: 78 }],
    ["disk-full", { diskFreePct: 8 }, { diskFreePct: 11 }],
    ["memory-low", { memoryAvailablePct: 5 }, { memoryAvailablePct: 12 }],
    ["loop-slow", { loopDelayMs: 900 }, { loopDelayMs: 300 }],
  ];
  for (const [alarm, bad, better] of table) {
    test(`${alarm} is raised, stays while it is only a little better, and clears`, () => {
      const raised = standing(new Set(), { ...fine, ...bad });
      assert.deepEqual([...raised], [alarm]);
      assert.deepEqual([...standing(new Set(), { ...fine, ...better })], []);
      assert.deepEqual([...standing(raised, { ...fine, ...better })], [alarm]);
      assert.deepEqual([...standing(raised, fine)], []);
    });
  }
  test("no link, no time, nothing to be read", () => {
    assert.deepEqual([...standing(new Set(), { ...fine, linksUp: [] })], ["network-down"]);
    assert.deepEqual([...standing(new Set(), { ...fine, clockSynced: false })], ["clock-unsynced"]);
    assert.deepEqual([...standing(new Set(), { ...fine, diskFreePct: null, memoryAvailablePct: null, temperatureC: null, linksUp: null, loopDelayMs: null })], ["host-unread"]);
  });
  test("each is explained in the runbook", () => assert.deepEqual(alarmRules.filter(({ alarm }) => explained(alarm) === null), []));
});

test("figures come from /proc and /sys, and what is not there is null", async () => {
  await using directory = await testDirectory();
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(join(directory.path, path, ".."), { recursive: true });
    await writeFile(join(directory.path, path), text);
  };
  await put("sys/class/thermal/thermal_zone0/temp", "61500\n");
  await put("sys/class/hwmon/hwmon0/temp1_input", "72300\n");
  await put("sys/class/hwmon/hwmon0/temp2_input", "-273000\n");
  await put("sys/class/net/lo/operstate", "unknown\n");
  await put("sys/class/net/eth0/operstate", "up\n");
  await put("sys/class/net/eth1/operstate", "down\n");
  await put("proc/meminfo", "MemTotal:  1000 kB\nMemAvailable:  250 kB\n");
  const reader = figureReader(directory.path, directory.path);
  const { diskFreePct, ...figures } = await reader.read(true);
  reader.end();
  assert.deepEqual({ ...figures, loopDelayMs: 0 }, { temperatureC: 72, memoryAvailablePct: 25, clockSynced: true, linksUp: ["eth0"], loopDelayMs: 0 });
  assert.ok(diskFreePct !== null && diskFreePct >= 0 && diskFreePct <= 100);
  const blind = figureReader("/nowhere", join(directory.path, "nothing"));
  assert.deepEqual({ ...(await blind.read(false)), loopDelayMs: null }, { temperatureC: null, diskFreePct: null, memoryAvailablePct: null, clockSynced: false, linksUp: null, loopDelayMs: null });
  blind.end();
});

test("an alarm is an event when it comes and when it goes, not in between", async () => {
  const clock = new VirtualClock();
  const events: string[] = [];
  let figures = fine;
  const health = new HostHealth({ read: async () => figures, end: () => undefined }, clock);
  health.attach(null, { event: (name: string, fields: Readonly<Record<string, unknown>>) => void events.push(`${name} ${String(fields["alarm"])} ${String(fields["figure"])}`), soon: () => undefined, keep: async () => undefined } as unknown as Desk);
  const end = new AbortController();
  const running = health.run(end.signal);
  await clock.advance(millis(60_000));
  figures = { ...fine, temperatureC: 90 };
  await clock.advance(millis(90_000));
  assert.deepEqual(health.alarms, ["controller-hot"]);
  figures = fine;
  await clock.advance(millis(60_000));
  end.abort();
  await clock.advance(millis(1));
  await running;
  assert.deepEqual(events, ["alarm.raised controller-hot 90", "alarm.cleared controller-hot 50"]);
});

test("the inventory is one of this machine", { timeout: 60_000 }, async () => {
  const { code, out } = await run("curtaild", ["inventory"]);
  assert.equal(code, 0);
  const { cores, memoryMB, os } = JSON.parse(out) as { cores: number; memoryMB: number; os: string };
  assert.ok(cores >= 1 && memoryMB > 64 && os.length > 2, out);
});
