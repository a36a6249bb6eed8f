import { Command } from "commander";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { ConfigError } from "../../runtime/errors.ts";
import { exit } from "../exit.ts";
import { powerText } from "../words.ts";

/** `curtaild check FILE`: 0 when the daemon would start with it, 78 with every fault when not. */
export const checkCommand = (): Command =>
  new Command("check").description("check a configuration file: every fault with its line, path and cure").argument("<file>").option("--json", "answer in JSON")
    .action(async (file: string, { json }: { json?: true }) => {
      const { vocabulary } = await import("../vocabulary.ts");
      const warnings: string[] = [];
      try {
        const config = await loadConfig(file, { vocabulary, warn: (line) => warnings.push(line) });
        process.stdout.write(json === true ? `${JSON.stringify({ ok: true, faults: [], warnings })}\n` : [...warnings.map((line) => `warning: ${line}`), summary(file, config), ""].join("\n"));
      } catch (error) {
        if (!(error instanceof ConfigError) || json !== true) throw error;
        process.stdout.write(`${JSON.stringify({ ok: false, faults: error.faults, warnings })}\n`);
        process.exitCode = exit.config;
      }
    });

const summary = (file: string, { node, grid, miners, meters }: Config): string =>
  `${file} is valid: rack ${node.operator}/${node.site}/${node.rack}, ${miners.length} miners, ${meters.length} meters, ${powerText(node.nominalW)} nominal, ${powerText(grid.failsafeLimitW)} failsafe`;
