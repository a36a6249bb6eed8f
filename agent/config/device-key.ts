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

/** A kind of key this rack has one of. */
interface Kind {
  readonly file: string;
  readonly words: string;
  readonly fits: (key: KeyObject) => boolean;
  readonly make: () => KeyObject;
  /** What becomes of it when the file is moved away. */
  readonly cure: string;
}

const device: Kind = {
  file: "device.key.pem",
  words: "Ed25519",
  fits: ({ asymmetricKeyType }) => asymmetricKeyType === "ed25519",
  make: () => generateKeyPairSync("ed25519").privateKey,
  cure: "a new one is made then, and the operator needs its card (curtailctl grid card)",
};

const energy: Kind = {
  file: "energy.key.pem",
  words: "P-256",
  fits: ({ asymmetricKeyType, asymmetricKeyDetails }) => asymmetricKeyType === "ec" && /^(prime256v1|P-256)$/.test(asymmetricKeyDetails?.namedCurve ?? ""),
  make: () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  cure: "a new one is made then, and whoever checks its OCMF records needs the public half",
};

/** The key in `state`, made there (mode 0600, on the platter) where there is none. Throws a ConfigError when the file holds something else. */
export const openDeviceKey = (state: string): Promise<DeviceKey> => openKey(state, device);

/** The second key, for energy records in OCMF: that format knows no Ed25519. */
export const openEnergyKey = (state: string): Promise<DeviceKey> => openKey(state, energy);

/** The file's text; null: there is none. */
export const deviceKeyText = (state: string): Promise<string | null> => keyText(state, device);

/** Puts a rack's own key in the place of the one in `state`, which stays beside it. Throws a ConfigError when it is none. */
export async function placeDeviceKey(state: string, text: string): Promise<DeviceKey> {
  const path = join(state, device.file);
  const key = read(text, "the state brought along", device);
  const present = await deviceKeyText(state);
  if (present !== null && present !== text) await rename(path, `${path}.before-import`);
  if (present !== text) await write(state, path, key);
  return named(key);
}

async function openKey(state: string, kind: Kind): Promise<DeviceKey> {
  const path = join(state, kind.file);
  const text = await keyText(state, kind);
  return named(text === null ? await make(state, path, kind) : read(text, path, kind));
}

async function keyText(state: string, { file }: Kind): Promise<string | null> {
  return readFile(join(state, file), "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
}

export function fingerprintOf(publicKey: KeyObject): string {
  return createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("hex");
}

function named(key: KeyObject): DeviceKey {
  const publicKey = createPublicKey(key);
  const fingerprint = fingerprintOf(publicKey);
  return { kid: `rack-${fingerprint.slice(0, 16)}`, key, publicKey, fingerprint };
}

function read(text: string, path: string, kind: Kind): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (kind.fits(key)) return key;
  } catch {
    // Said below, in words that say what to do.
  }
  throw new ConfigError(`${path} is no ${kind.words} private key: bring the rack's own back, or move it away; ${kind.cure}`);
}

async function make(state: string, path: string, kind: Kind): Promise<KeyObject> {
  const privateKey = kind.make();
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
