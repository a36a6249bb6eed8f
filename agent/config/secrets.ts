/** The files a configuration names: read once, bounded, never shown. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Contradiction } from "./contradictions.ts";
import type { BrokerConfig, Config } from "./schema.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Secrets } from "../runtime/secrets.ts";

const mostBytes = 65_536;
/** Anything for others, or writing for the group. */
const looseMode = 0o027;

/** What a broker wants to see: the files' contents in place of their names. */
export interface BrokerAccess {
  readonly username: string | null;
  readonly password: string | null;
  readonly tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null } | null;
}

/** Contents of a file, without one line feed at its end where it is a password. Rejects with the system's error. */
export async function readBounded(file: string): Promise<string> {
  // A pipe that nobody writes into is empty, and not a start that never ends.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostBytes + 1), 0, mostBytes + 1, 0);
    if (bytesRead > mostBytes) throw new Error(`it is larger than ${mostBytes} bytes`);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

const readOptional = async (file: string | null | undefined): Promise<string | null> => (file === null || file === undefined ? null : readBounded(file));

const readPassword = async (file: string | null): Promise<string | null> => (await readOptional(file))?.replace(/\r?\n$/, "") ?? null;

/** The miners' passwords by the path of their file, each file read once. */
export async function minerPasswords(miners: readonly Pick<Config["miners"][number], "passwordFile">[]): Promise<ReadonlyMap<string, string>> {
  const passwords = new Map<string, string>();
  for (const { passwordFile } of miners) {
    if (passwordFile === null || passwords.has(passwordFile)) continue;
    passwords.set(passwordFile, (await readPassword(passwordFile)) ?? "");
  }
  return passwords;
}

/** What readers have to show; null: nothing. */
export const webToken = async (tokenFile: string | null): Promise<string | null> => (await readOptional(tokenFile))?.trim() ?? null;

/** Files whose names end so hold what anybody may know. */
const PUBLIC_FILES = new Set(["caFile", "certFile", "rootKeyFile"]);

/** Every file a configuration names whose content is nobody's business, by the names of the keys: `passwordFile`, `keyFile`, and what else will end so. */
export function secretFiles(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const found = Object.entries(value).flatMap(([key, part]) => (typeof part === "string" ? (key.endsWith("File") && !PUBLIC_FILES.has(key) ? [part] : []) : secretFiles(part)));
  return [...new Set(found)];
}

/** What stands in them, to be kept out of everything that is written; one that cannot be read has nothing to tell. */
export async function learnSecrets(config: Config, secrets: Secrets): Promise<void> {
  for (const file of secretFiles(config)) {
    const content = await readPassword(file).catch(() => null);
    if (content !== null) secrets.learn(content);
  }
}

/** Reads what a link needs to log on. */
export async function brokerAccess(link: BrokerConfig): Promise<BrokerAccess> {
  const password = await readPassword(link.passwordFile);
  const tls = link.tls && { ca: await readOptional(link.tls.caFile), cert: await readOptional(link.tls.certFile), key: await readOptional(link.tls.keyFile) };
  return { username: link.username, password, tls };
}

/** What a VTN wants to see. */
export async function vtnAccess({ clientSecretFile, caFile }: NonNullable<Config["openadr"]>): Promise<{ readonly secret: string; readonly ca: string | null }> {
  return { secret: (await readPassword(clientSecretFile)) ?? "", ca: await readOptional(caFile) };
}

/** Faults: files that cannot be read or hold something else. Doubts: secrets that others can read. */
export async function inspectFiles(config: Config): Promise<{ faults: Contradiction[]; doubts: Contradiction[] }> {
  const faults: Contradiction[] = [];
  const doubts: Contradiction[] = [];
  const inspect = async (path: readonly PropertyKey[], file: string | null | undefined, kind: "secret" | "public", judge: (text: string) => string | null): Promise<void> => {
    if (file === null || file === undefined) return;
    try {
      const wrong = judge(await readBounded(file));
      if (wrong !== null) faults.push({ path, text: `names ${file}, ${wrong}` });
      if (kind === "secret" && (await isLoose(file))) doubts.push({ path, text: `names ${file}, which others may read or change: chmod 640 it, or stricter.` });
    } catch (error) {
      faults.push({ path, text: `names ${file}, which cannot be read (${reason(error)}): create it, or let the daemon's user read it.` });
    }
  };
  for (const [room, link] of [["grid", config.grid], ["farm", config.farm]] as const) {
    if (link === null) continue;
    await inspect([room, "passwordFile"], link.passwordFile, "secret", judgePassword);
    await inspect([room, "tls", "caFile"], link.tls?.caFile, "public", judgeCertificate);
    await inspect([room, "tls", "certFile"], link.tls?.certFile, "public", judgeCertificate);
    await inspect([room, "tls", "keyFile"], link.tls?.keyFile, "secret", judgePrivateKey);
  }
  await inspect(["openadr", "clientSecretFile"], config.openadr?.clientSecretFile, "secret", judgePassword);
  await inspect(["openadr", "caFile"], config.openadr?.caFile, "public", judgeCertificate);
  const inspected = new Set<string>();
  for (const [index, { passwordFile }] of config.miners.entries()) {
    // A rack's miners usually share one file: it is read, and complained about, once.
    if (passwordFile === null || inspected.has(passwordFile)) continue;
    inspected.add(passwordFile);
    await inspect(["miners", index, "passwordFile"], passwordFile, "secret", judgePassword);
  }
  for (const [index, { tls, login }] of config.meters.entries()) {
    const files = [["tls", "caFile", tls?.caFile, "public", judgeCertificate], ["tls", "certFile", tls?.certFile, "public", judgeCertificate], ["tls", "keyFile", tls?.keyFile, "secret", judgePrivateKey], ["login", "passwordFile", login?.passwordFile, "secret", judgePassword]] as const;
    for (const [room, key, file, kind, judgeContent] of files) {
      if (file === null || file === undefined || inspected.has(file)) continue;
      inspected.add(file);
      await inspect(["meters", index, room, key], file, kind, judgeContent);
    }
  }
  await inspect(["web", "tokenFile"], config.web?.tokenFile, "secret", judgeToken);
  await inspect(["grid", "rootKeyFile"], config.grid.rootKeyFile, "public", judgePublicKey);
  return { faults, doubts };
}

const reason = (error: unknown): string => messageOf(error).replace(/^([A-Z]+): .*$/, "$1");

async function isLoose(file: string): Promise<boolean> {
  const handle = await open(file, "r");
  try {
    return ((await handle.stat()).mode & looseMode) !== 0;
  } finally {
    await handle.close();
  }
}

const judge = (parse: () => void, wrong: string): string | null => {
  try {
    parse();
    return null;
  } catch {
    return wrong;
  }
};

const judgePassword = (text: string): string | null => (text.trim() === "" ? "which is empty: write the password into it." : null);
/** Nobody tries all of 16 characters; a word of six is found over lunch. It travels in a header: no spaces, no accents. */
const judgeToken = (text: string): string | null => (/^[\x21-\x7e]{16,512}$/.test(text.trim()) ? null : "which has to hold one word of 16 to 512 letters, digits or signs: openssl rand -hex 16 makes one.");
const judgeCertificate = (text: string): string | null => judge(() => new X509Certificate(text), "which holds no certificate in PEM.");
const judgePrivateKey = (text: string): string | null => judge(() => createPrivateKey(text), "which holds no private key in PEM (one with a passphrase cannot be used).");

function judgePublicKey(text: string): string | null {
  if (text.includes("PRIVATE KEY")) return "which holds a private key: the rack needs the public one only. Take the private key off this machine.";
  return judge(() => createPublicKey(text), "which holds no public key in PEM.");
}
