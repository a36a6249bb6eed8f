import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { systemdNotify } from "../../agent/host/notify.ts";
import { seconds } from "../../agent/core/units.ts";
import { silentLog, type Log } from "../../agent/runtime/log.ts";
import { testDirectory } from "../config/config-files.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** A stand-in for systemd-notify that writes down what it is told. */
async function rig(script = 'printf "%s|" "$@" >> "$(dirname "$0")/told"; echo >> "$(dirname "$0")/told"') {
  const directory = await testDirectory();
  const command = await directory.write("systemd-notify", `#!/bin/sh\n${script}\n`, 0o700);
  const clock = new VirtualClock();
  const errors: string[] = [];
  const log: Log = { ...silentLog, error: (fields, text) => void errors.push(`${text} ${JSON.stringify(fields)}`) };
  return {
    clock,
    errors,
    notify: systemdNotify({ env: { NOTIFY_SOCKET: "/run/systemd/notify", WATCHDOG_USEC: "8000000" }, clock, log, command }),
    told: async () => (await readFile(join(directory.path, "told"), "utf8").catch(() => "")).split("\n").slice(0, -1),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

describe("systemd", () => {
  test("is told that we are ready, what we do and that we stop, in order", async () => {
    await using r = await rig();
    r.notify.ready();
    r.notify.status("limited to\n20 kW");
    r.notify.stopping();
    await r.notify.settled();
    assert.deepEqual(await r.told(), ["READY=1|", "STATUS=limited to 20 kW|STOPPING=1|"]);
  });

  test("is fed four times in its watchdog's period, however often the cycle ends", async () => {
    await using r = await rig();
    for (let cycle = 0; cycle < 80; cycle += 1) {
      r.notify.watchdog();
      await r.notify.settled();
      await r.clock.advance(seconds(0.1));
    }
    assert.deepEqual(await r.told(), ["WATCHDOG=1|", "WATCHDOG=1|", "WATCHDOG=1|", "WATCHDOG=1|"]);
  });

  test("that cannot be told is one line in the log, with the cure", async () => {
    await using r = await rig("exit 1");
    for (let cycle = 0; cycle < 3; cycle += 1) {
      r.notify.watchdog();
      await r.notify.settled();
      await r.clock.advance(seconds(3));
    }
    assert.equal(r.errors.length, 1);
    assert.match(r.errors[0] ?? "", /NotifyAccess=all/);
  });

  test("is not there: nothing happens", async () => {
    const notify = systemdNotify({ env: {}, clock: new VirtualClock(), log: silentLog, command: "/nowhere" });
    notify.ready();
    notify.watchdog();
    notify.status("x");
    notify.stopping();
    await notify.settled();
  });
});
