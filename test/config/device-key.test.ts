import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fingerprintOf, openDeviceKey } from "../../agent/config/device-key.ts";
import { ConfigError } from "../../agent/runtime/errors.ts";

let dir = "";
before(async () => void (dir = await mkdtemp(join(tmpdir(), "curtaild-key-"))));
after(async () => rm(dir, { recursive: true, force: true }));

describe("the rack's own key", () => {
  test("is made once, for its owner alone, and found again", async () => {
    const state = join(dir, "state");
    const first = await openDeviceKey(state);
    assert.equal((await stat(join(state, "device.key.pem"))).mode & 0o777, 0o600);
    const again = await openDeviceKey(state);
    assert.equal(again.kid, first.kid);
    assert.equal(first.kid, `rack-${fingerprintOf(first.publicKey).slice(0, 16)}`);
    assert.notEqual((await openDeviceKey(join(dir, "other"))).kid, first.kid);
  });

  test("something else in its place is said with the cure, and not overwritten", async () => {
    await writeFile(join(dir, "device.key.pem"), "not a key");
    await assert.rejects(openDeviceKey(dir), (error) => error instanceof ConfigError && /bring the rack's own back, or move it away/.test(error.message));
  });
});
