/** Whom an operator's command speaks to, and as whom: flags, or the environment. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { algorithmOf, type SigningKey } from "../../signal/jws.ts";
import { exit, Failure } from "../exit.ts";
import { readCards, type Cards } from "./card.ts";
import { messageOf } from "../../runtime/errors.ts";

export interface AddressOptions {
  readonly broker: string;
  readonly operator?: string;
  readonly node?: string;
  readonly prefix: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly tlsKeyFile?: string;
  readonly card: readonly string[];
}

export interface SigningOptions {
  readonly key?: string;
  readonly kid?: string;
}

export interface Address {
  readonly broker: string;
  readonly operator: string;
  /** `site/s1/rack/r1`, `site/s1` or `all`. */
  readonly node: string;
  readonly prefix: string;
  /** `{prefix}/{operator}` */
  readonly root: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null } | null;
  readonly cards: Cards;
}

const nodeForm = /^(all|area\/[\w-]{1,64}|site\/[\w.-]+(\/rack\/[\w.-]+)?)$/;

const option = (flags: string, description: string, variable: string): Option => new Option(flags, description).env(variable);

/** The flags of every command that speaks to a broker. */
export function addressed(command: Command): Command {
  return command
    .addOption(option("--broker <url>", "MQTT broker, mqtt:// or mqtts://", "CURTAIL_BROKER").default("mqtt://127.0.0.1:1883"))
    .addOption(option("--operator <name>", "the grid operator's name in topics", "CURTAIL_OPERATOR"))
    .addOption(option("--node <node>", "site/SITE/rack/RACK, site/SITE, area/AREA or all", "CURTAIL_NODE").argParser(node))
    .addOption(option("--prefix <topic>", "first levels of the topics", "CURTAIL_PREFIX").default("gla/1"))
    .addOption(option("--username <name>", "user name at the broker", "CURTAIL_USERNAME"))
    .addOption(option("--password-file <file>", "file with the password", "CURTAIL_PASSWORD_FILE"))
    .addOption(option("--ca-file <file>", "certificates that may vouch for the broker", "CURTAIL_CA_FILE"))
    .addOption(option("--cert-file <file>", "client certificate", "CURTAIL_CERT_FILE"))
    .addOption(option("--tls-key-file <file>", "private key of the client certificate", "CURTAIL_TLS_KEY_FILE"))
    .option("--card <file>", "a rack's card (curtailctl grid card): what it says has to be signed by the key on it; again for more", (file: string, all: readonly string[]) => [...all, file], []);
}

/** The flags of every command that signs. Without a key a document goes out bare. */
export function signing(command: Command): Command {
  return addressed(command)
    .addOption(option("--key <file>", "private key to sign with, PEM; without it the document is not signed", "CURTAIL_KEY"))
    .addOption(option("--kid <id>", "the key's id in the operator's key set", "CURTAIL_KID"));
}

export async function address(options: AddressOptions): Promise<Address> {
  const { broker, operator, node: at, prefix, username = null } = options;
  if (operator === undefined || !/^[\w.-]+$/.test(operator)) throw new Failure(exit.usage, "whose documents? Say --operator NAME or set CURTAIL_OPERATOR.");
  if (at === undefined) throw new Failure(exit.usage, "for which rack? Say --node site/SITE/rack/RACK or set CURTAIL_NODE.");
  const [password, ca, cert, key] = await Promise.all([options.passwordFile, options.caFile, options.certFile, options.tlsKeyFile].map(readOptional));
  const tls = [ca, cert, key].some((text) => typeof text === "string") ? { ca: ca ?? null, cert: cert ?? null, key: key ?? null } : null;
  return { broker, operator, node: at, prefix, root: `${prefix}/${operator}`, username, password: password?.replace(/\r?\n$/, "") ?? null, tls, cards: await readCards(options.card) };
}

/** null: documents go out unsigned. */
export async function signingKey({ key: file, kid }: SigningOptions): Promise<SigningKey | null> {
  if (file === undefined) return null;
  if (kid === undefined) throw new Failure(exit.usage, "which key is it? Say --kid ID, as it stands in the operator's key set.");
  return { kid, key: await privateKey(file) };
}

export async function privateKey(file: string): Promise<KeyObject> {
  const text = await readOptional(file);
  try {
    const key = createPrivateKey(text ?? "");
    if (algorithmOf(key) === null) throw new TypeError("neither Ed25519 nor P-256");
    return key;
  } catch (error) {
    throw new Failure(exit.badInput, `${file} is no private key to sign with (${messageOf(error)}): make one with \`curtailctl operator keygen\`.`);
  }
}

async function readOptional(file: string | undefined): Promise<string | null> {
  if (file === undefined) return null;
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Failure(exit.badInput, `${file} cannot be read: ${messageOf(error)}.`);
  }
}

function node(text: string): string {
  if (!nodeForm.test(text)) throw new InvalidArgumentError("It has to be site/SITE/rack/RACK, site/SITE, area/AREA or all.");
  return text;
}
