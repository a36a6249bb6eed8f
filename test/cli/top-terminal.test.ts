/** `curtailctl top` on a real terminal of 80 by 24, with keys pressed. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { until } from "../link/link-rig.ts";
import { detail, device, silent, status } from "./answers.ts";
import { fakeDaemon, program } from "./programs.ts";

const missing = spawnSync("tmux", ["-V"]).error !== undefined;

test("top in tmux: draws, sorts, filters, opens, pauses, and leaves the screen as it was", { skip: missing ? "tmux is not installed" : false }, async (t) => {
  const rows = [device, silent, { ...device, id: "asic-03", powerW: 4_000, state: "quarantined" }];
  await using daemon = await fakeDaemon({ "GET /status": status, "GET /devices": rows, "GET /devices/:id": detail });
  // A server of its own: the tests may run in somebody's tmux.
  const tmux = (...args: string[]): string => execFileSync("tmux", ["-L", `curtaild-${process.pid}`, ...args], { encoding: "utf8", env: { ...process.env, TMUX: "", LC_ALL: "C.UTF-8" } });
  tmux("-u", "new-session", "-d", "-x", "80", "-y", "24", "-s", "top", "sh");
  t.after(() => tmux("kill-server"));
  const seen = (): string => tmux("capture-pane", "-p", "-t", "top");
  const shows = (what: RegExp): Promise<void> => until(() => what.test(seen()), seen, 10_000);
  const press = (...keys: string[]): string => tmux("send-keys", "-t", "top", ...keys);

  press(`clear; echo before; ${process.execPath} ${program("curtailctl")} --socket ${daemon.directory} top --every 300ms`, "Enter");
  await shows(/curtaild limited {2}⠒⠒ 20\.1 kW[^]*asic-01[^]*asic-02 +timeout[^]*q quit/);
  assert.equal(seen().trimEnd().split("\n").length, 24);
  press("Right", "Right", "Right");
  await shows(/W▼[^]*asic-03[^]*asic-01[^]*asic-02/);
  press("/", "t", "i", "m", "e", "Enter");
  await shows(/filter "time"/);
  assert.doesNotMatch(seen(), /asic-01/);
  press("Escape");
  await shows(/asic-01/);
  press("Down", "Enter");
  await shows(/Antminer S19k Pro, LuxOS[^]*Esc back/);
  press("Escape", "p");
  await shows(/\(paused\)/);
  // What was under way when it was paused still comes.
  await setTimeout(300);
  const asked = daemon.asked.length;
  await setTimeout(700);
  assert.equal(daemon.asked.length, asked, "a paused screen asks nothing");
  press("q");
  await shows(/^before\n[^]*[$#] *$/m);
  assert.doesNotMatch(seen(), /asic-01/);
});
