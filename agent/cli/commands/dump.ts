import { Command } from "commander";
import type { MinerOptions } from "../../../drivers/driver.ts";
import { drivers, isDriverName, usualWebPort, type DriverName } from "../../../drivers/index.ts";
import { loadModel } from "../../../drivers/models.ts";
import { loadConfig } from "../../config/load.ts";
import { minerPasswords } from "../../config/secrets.ts";
import { DeviceError } from "../../runtime/errors.ts";
import { Secrets } from "../../runtime/secrets.ts";
import { printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { Recorder } from "../recording.ts";
import { vocabulary } from "../vocabulary.ts";

const USUAL_CONFIG = "/etc/curtaild/config.yaml";
const WHOLE_MS = 60_000;
/** Drivers ask some things once; the second poll is one as they all are. */
const POLLS = 2;

/** Asks the machine itself, beside the daemon. */
export const dumpCommand = (): Command =>
  new Command("dump")
    .description("write down what a miner answers, without passwords and tokens, for a report or for `curtaild sim --from`; changes nothing")
    .argument("<id>", "its name, as in curtailctl devices")
    .option("--config <file>", "where the miner is configured", USUAL_CONFIG)
    .action(async (id: string, { config: file }: { config: string }) => {
      const config = await loadConfig(file, { vocabulary, warn: () => undefined });
      const miner = config.miners.find((candidate) => candidate.id === id);
      if (miner === undefined) throw new Failure(exit.usage, `there is no miner ${id} in ${file}; there are ${config.miners.slice(0, 20).map((known) => known.id).join(", ")}`);
      const { driver, address, model, webPort, passwordFile } = miner;
      if (!isDriverName(driver)) throw new Failure(exit.config, `${file}: there is no driver ${driver}`);
      const password = passwordFile === null ? undefined : (await minerPasswords([miner])).get(passwordFile);
      const secrets = new Secrets();
      if (password !== undefined) secrets.learn(password);
      await using api = new Recorder("api", address);
      await using web = new Recorder("web", { host: address.host, port: webPort ?? usualWebPort(driver) });
      const here = { address: await api.listen(), webPort: (await web.listen()).port };
      const failures = await readThrough(driver, { id, model: loadModel(model), ...here, ...(password !== undefined && { password }) });
      const exchanges = [...api.exchanges, ...web.exchanges];
      if (exchanges.length === 0) throw new Failure(exit.unreachable, `${id} answered nothing: ${failures[0] ?? "no reason is known"}`);
      const kept = exchanges.map((exchange) => ({ ...exchange, question: secrets.values(exchange.question), answer: secrets.values(exchange.answer) }));
      printJson({ v: 1, type: "DUMP", driver, model, failures: failures.map((text) => secrets.text(text)), exchanges: kept });
    });

/** Why polls failed; none where they did not. What was said before a failure is what a dump is for. */
async function readThrough(driver: DriverName, options: MinerOptions): Promise<string[]> {
  const failures: string[] = [];
  await using device = await drivers[driver](options);
  for (let poll = 0; poll < POLLS; poll++) {
    await device.read(AbortSignal.timeout(WHOLE_MS / POLLS)).catch((error: unknown) => {
      if (!(error instanceof DeviceError) && !(error instanceof DOMException)) throw error;
      failures.push(error.message);
    });
  }
  return failures;
}
