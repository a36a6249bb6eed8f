/** `operator keys`: publishes the whole set of keys that may sign, signed by the root key. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Command } from "commander";
import type { Millis } from "../../core/units.ts";
import { isoTime } from "../../signal/compose.ts";
import { algorithmOf, type Algorithm } from "../../signal/jws.ts";
import { ROOT_KID } from "../../signal/key-ring.ts";
import { exit, Failure } from "../exit.ts";
import { durationOption } from "../human.ts";
import { addressed, type AddressOptions } from "./address.ts";
import { publish } from "./publishing.ts";
import { messageOf } from "../../runtime/errors.ts";

interface KeysOptions extends AddressOptions {
  readonly root: string;
  readonly add: readonly string[];
  readonly for: Millis;
  readonly timeout: Millis;
}

/** What an operator's working key may sign; KEYS is for the root key alone. */
const types = ["ALLOCATION", "LIMIT", "SETPOINT", "LEVEL", "EMERGENCY", "RELEASE", "HEARTBEAT"];

export function keysCommand(): Command {
  return addressed(new Command("keys"))
    .description("publish the whole set of keys that may sign: what is not in it may not any more")
    .requiredOption("--root <file>", "the root key, whose public half the racks have pinned")
    .option("--add <kid=file>", "a key that may sign, by its id and its public (or private) half; again for more", (item, all: readonly string[]) => [...all, item], [])
    .addOption(durationOption("--for <time>", "how long the set is valid", "365d"))
    .addOption(durationOption("--timeout <time>", "how long to wait for the agents' answers; 0 does not wait", "10s"))
    .action(async (options: KeysOptions, command: Command) => {
      const keys = await Promise.all(options.add.map(async (item) => readKey(item, options.node)));
      await publish(
        {
          type: "KEYS",
          fields: (iat) => ({ keys: keys.map((key) => ({ ...key, types, notAfter: isoTime(iat + options.for) })) }),
          exp: (iat) => iat + options.for,
        },
        { ...options, key: options.root, kid: ROOT_KID },
        { command, node: options.node ?? "all" },
      );
    });
}

interface Row {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly key: object;
  readonly nodes: readonly string[];
}

/** A key is for the site of --node, for areas, and for what concerns all. */
async function readKey(item: string, node: string | undefined): Promise<Row> {
  const [, kid, file] = /^([A-Za-z0-9_.:-]{1,64})=(.+)$/.exec(item) ?? [];
  if (kid === undefined || file === undefined) throw new Failure(exit.usage, `--add ${item}: write KID=FILE.`);
  const key = await publicHalf(file);
  const alg = algorithmOf(key);
  if (alg === null) throw new Failure(exit.badInput, `${file}: neither an Ed25519 nor a P-256 key.`);
  const site = node === undefined || node === "all" ? [] : [node.split("/").slice(0, 2).join("/")];
  if (site.length === 0) throw new Failure(exit.usage, "for which site may the keys sign? Say --node site/SITE.");
  return { kid, alg, key: key.export({ format: "jwk" }), nodes: [...site, "area", "all"] };
}

async function publicHalf(file: string): Promise<KeyObject> {
  try {
    return createPublicKey(await readFile(file, "utf8"));
  } catch (error) {
    throw new Failure(exit.badInput, `${file} is no key: ${messageOf(error)}.`);
  }
}
