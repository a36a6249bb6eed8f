/** `scripts/fleet` on a real mosquitto, small: that its racks connect, confirm, hear the area and answer. Its figures are for `scripts/fleet --racks 2000`. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MOSQUITTO } from "../../scripts/fleets/broker.ts";

const program = fileURLToPath(new URL("../../../scripts/fleet", import.meta.url));

test("forty racks on one mosquitto", { skip: MOSQUITTO === null ? "needs Debian's mosquitto: apt-get install mosquitto" : false, timeout: 90_000 }, (t) => {
  const directory = mkdtempSync(join(tmpdir(), "curtaild-fleet-test-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "fleet.json");
  const { status, stderr } = spawnSync(program, ["--racks", "40", "--steps", "2", "--rest", "2", "--documents", "2", "--heartbeat", "3", "--json", file], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const { steps } = JSON.parse(readFileSync(file, "utf8")) as { readonly steps: readonly Readonly<Record<string, number>>[] };
  assert.deepEqual(steps.map(({ racks }) => racks), [20, 40]);
  for (const step of steps) for (const [name, figure] of Object.entries(step)) assert.ok(Number.isFinite(figure) && figure >= 0, `${name}: ${figure}`);
  // A heartbeat every 3 s and telemetry every 10 s from each.
  assert.ok((steps[1]?.["messagesInPerS"] ?? 0) >= 40 / 3 + 40 / 10, JSON.stringify(steps[1]));
});

test("asked for nonsense it says how to ask", () => {
  for (const args of [["--racks", "0"], ["--racks", "many"], ["--racks", "100000"], ["--rest", "-1"]]) assert.equal(spawnSync(program, args, { stdio: "ignore" }).status, 64, args.join(" "));
});
