/** What was typed wrong is said at once, with its exit code, before any broker is asked. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Command, CommanderError } from "commander";
import { Failure } from "../../agent/cli/exit.ts";
import { operatorCommand } from "../../agent/cli/operator.ts";

/** Runs a command as curtailctl does; resolves with what it said and the code it would end with. */
async function run(args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  let said = "";
  const program = new Command("curtailctl").option("--json").option("--yes").addCommand(operatorCommand());
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: (text) => (said += text) });
    for (const child of command.commands) quiet(child);
  };
  quiet(program);
  try {
    await program.parseAsync(["operator", ...args], { from: "user" });
    return { code: 0, said };
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode === 1 ? 64 : error.exitCode, said };
    if (error instanceof Failure) return { code: error.exitCode, said: error.message };
    throw error;
  }
}

const nowhere = ["--broker", "mqtt://127.0.0.1:1"];
const operator = ["--operator", "demo"];
const rack = [...nowhere, ...operator, "--node", "site/s1/rack/r1"];
const key = new URL(import.meta.url).pathname;

const faults: readonly (readonly [args: readonly string[], code: number, words: RegExp])[] = [
  [["allocate", ...rack], 64, /how much/],
  [["allocate", ...rack, "--short"], 64, /how much/],
  [["allocate", ...rack, "--limit", "lots"], 64, /not a power/],
  [["allocate", ...rack, "--limit", "60%"], 64, /--nominal/],
  [["allocate", ...rack, "--limit", "8kW", "--for", "soon"], 64, /not a length/],
  [["allocate", ...rack, "--schedule", "8kW"], 64, /8kW:2h/],
  [["allocate", ...rack, "--schedule", "8kW:2h", "--for", "1h"], 64, /different times/],
  [["allocate", ...rack, "--limit", "8kW", "--on-loss", "pray"], 64, /Allowed choices/],
  [["allocate", ...rack, "--limit", "8kW", "--ramp", "steep"], 64, /percentage/],
  [["allocate", ...nowhere, ...operator, "--node", "rack/r1", "--limit", "8kW"], 64, /site\/SITE/],
  [["limit", ...rack], 64, /missing required argument/],
  [["limit", ...rack, "4kW", "--id", "a/b"], 64, /letters/],
  [["limit", ...rack, "4kW", "--key", "/nonexistent", "--kid", "k"], 65, /cannot be read/],
  [["limit", ...rack, "4kW", "--key", key, "--kid", "k"], 65, /no private key/],
  [["limit", ...rack, "4kW", "--key", key], 64, /--kid/],
  [["cancel", ...nowhere, "--node", "all"], 64, /--operator/],
  [["cancel", ...nowhere, "--node", "all", "--operator", "a/b"], 64, /--operator/],
  [["cancel", ...nowhere, ...operator], 64, /--node/],
  [["heartbeat", ...nowhere, ...operator, "--node", "site/s1"], 64, /one rack/],
  [["heartbeat", ...rack, "--period", "10ms"], 64, /a second/],
  [["emergency", ...rack], 64, /say --yes/],
  [["keys", ...rack, "--root", key, "--add", "nothing"], 64, /KID=FILE/],
  [["keys", ...rack, "--root", key, "--add", `k=${key}`], 65, /no key/],
  [["watch", ...nowhere, ...operator, "--once"], 69, /no broker at mqtt:\/\/127\.0\.0\.1:1: .*Is it running/],
];

describe("operator, typed wrong", { concurrency: true }, () => {
  for (const [args, code, words] of faults) {
    const typed = args.filter((arg) => !rack.includes(arg) || arg === "site/s1").join(" ");
    test(`${typed} ends with ${code}`, async () => {
      const ended = await run(args);
      assert.match(ended.said, words);
      assert.equal(ended.code, code);
    });
  }
});
