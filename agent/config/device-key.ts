/** The rack's own key: signs what it says to the grid. Made at the first start, and never leaves the state directory. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../runtime/errors.ts";

export interface DeviceKey {
  /** `rack-` and the beginning of the fingerprint. */
  readonly kid: string;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  /** SHA-256 of the public half (SubjectPublicKeyInfo), in hex. */
  readonly fingerprint: string;
}

const fileName = "device.key.pem";

/** The key in `state`, made there (mode 0600, on the platter) where there is none. Throws a ConfigError when the file holds something else. */
export async function openDeviceKey(state: string): Promise<DeviceKey> {
  const path = join(state, fileName);
  const text = await deviceKeyText(state);
  return named(text === null ? await make(state, path) : read(text, path));
}

/** The file's text; null: there is none. */
export async function deviceKeyText(state: string): Promise<string | null> {
  return readFile(join(state, fileName), "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
}

/** Puts a rack's own key in the place of the one in `state`, which stays beside it. Throws a ConfigError when it is none. */
export async function placeDeviceKey(state: string, text: string): Promise<DeviceKey> {
  const path = join(state, fileName);
  const key = read(text, "the state brought along");
  const present = await deviceKeyText(state);
  if (present !== null && present !== text) await rename(path, `${path}.before-import`);
  if (present !== text) await write(state, path, key);
  return named(key);
}

export function fingerprintOf(publicKey: KeyObject): string {
  return createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("hex");
}

function named(key: KeyObject): DeviceKey {
  const publicKey = createPublicKey(key);
  const fingerprint = fingerprintOf(publicKey);
  return { kid: `rack-${fingerprint.slice(0, 16)}`, key, publicKey, fingerprint };
}

function read(text: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Said below, in words that say what to do.
  }
  throw new ConfigError(`${path} is no Ed25519 private key: bring the rack's own back, or move it away; a new one is made then, and the operator needs its card (curtailctl grid card)`);
}

async function make(state: string, path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync("ed25519");
  await write(state, path, privateKey);
  return privateKey;
}

async function write(state: string, path: string, key: KeyObject): Promise<void> {
  await mkdir(state, { recursive: true, mode: 0o700 });
  const handle = await open(`${path}.new`, "w", 0o600);
  try {
    await handle.writeFile(key.export({ type: "pkcs8", format: "pem" }));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}
