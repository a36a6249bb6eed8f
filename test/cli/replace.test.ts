import assert from "node:assert/strict";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { writeRigFiles } from "../../agent/cli/sim-files.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { testDirectory } from "../config/config-files.ts";
import { fakeDaemon, run } from "./programs.ts";

interface Entry {
  readonly id: string;
  readonly driver: string;
  readonly address: string;
  readonly model: string;
  readonly outlet: string;
}

/** A rack of two LuxOS machines, and a stock Antminer that is to take the first one's place. */
async function rack() {
  const rig = await startRig({ asics: 2 });
  const other = await startRig({ asics: 1, drivers: ["antminer"] });
  const directory = await testDirectory();
  await writeRigFiles(rig, directory.path, { broker: "mqtt://127.0.0.1:1" });
  const file = join(directory.path, "config.yaml");
  await writeFile(file, `# the rack in hall 2\n${await readFile(file, "utf8")}`);
  await chmod(file, 0o640);
  const miners = async (): Promise<Entry[]> => (parse(await readFile(file, "utf8")) as { miners: Entry[] }).miners;
  const address = other.asics[0]?.address ?? "";
  return { file, miners, address, async [Symbol.asyncDispose]() {
    await Promise.all([rig.close(), other.close(), directory[Symbol.asyncDispose]()]);
  } };
}

describe("replace", { concurrency: 2 }, () => {
  test("gives the entry the new machine, keeps name, outlet, comments and permissions, and makes the daemon forget", async () => {
    await using place = await rack();
    await using daemon = await fakeDaemon({ "POST /devices/:id/forget": { ok: true } });
    const before = await place.miners();
    const { code, out, err } = await run("curtailctl", ["--yes", "--socket", daemon.directory, "replace", "asic-01", place.address, "--config", place.file], { SUDO_USER: "ada" });
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^asic-01 is the antminer-s19-pro at .* systemctl restart curtaild$/m);
    const [first, second] = await place.miners();
    assert.deepEqual(first, { ...before[0], driver: "antminer", model: "antminer-s19-pro", address: place.address });
    assert.deepEqual(second, before[1]);
    assert.match(await readFile(place.file, "utf8"), /^# the rack in hall 2$/m);
    assert.equal((await stat(place.file)).mode & 0o777, 0o640);
    assert.deepEqual(daemon.asked, ['POST /devices/:id/forget {"who":"ada"}']);
  });

  test("without a daemon the file is changed all the same, and that is said", async () => {
    await using place = await rack();
    const { code, out } = await run("curtailctl", ["--yes", "--socket", "/nowhere", "replace", "asic-01", place.address, "--config", place.file]);
    assert.equal(code, 0);
    assert.match(out, /daemon does not run/);
  });

  test("changes nothing where nobody says yes, nobody answers, or nobody has that name", async () => {
    await using place = await rack();
    const before = await readFile(place.file, "utf8");
    const replace = async (...args: string[]) => (await run("curtailctl", ["replace", ...args, "--config", place.file])).code;
    assert.deepEqual(await Promise.all([replace("asic-01", place.address), replace("asic-01", "127.0.0.1:9"), replace("asic-77", place.address)]), [64, 69, 64]);
    assert.equal(await readFile(place.file, "utf8"), before);
  });
});
