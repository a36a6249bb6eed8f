/** The public half of a rack's key, from wherever it can be had. */
import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fingerprintOf } from "../config/device-key.ts";
import type { ControlClient } from "./client.ts";
import { exit, Failure } from "./exit.ts";
import { cardSchema, type Card } from "./operator/card.ts";

export interface RackKey {
  readonly kid: string;
  readonly key: KeyObject;
  readonly fingerprint: string;
}

/** Of a card, of a running daemon, or of the state directory beside; null: nowhere. Throws a Failure when a card is none. */
export async function rackKey(from: { readonly card: string | undefined; readonly state: string }, daemon: ControlClient | null): Promise<RackKey | null> {
  if (from.card !== undefined) return keyOfCard(await readCard(from.card));
  if (daemon !== null) return keyOfCard((await daemon.ask("GET", "/card")) as Card);
  const pem = await readFile(join(from.state, "device.key.pem"), "utf8").catch(() => null);
  if (pem === null) return null;
  const key = createPublicKey(pem);
  const fingerprint = fingerprintOf(key);
  return { kid: `rack-${fingerprint.slice(0, 16)}`, key, fingerprint };
}

function keyOfCard({ kid, key: jwk }: Card): RackKey {
  const key = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
  return { kid, key, fingerprint: fingerprintOf(key) };
}

async function readCard(file: string): Promise<Card> {
  try {
    return cardSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw new Failure(exit.badInput, `${file} is no card of a rack: print one with curtailctl grid card --json > ${file}`, { cause: error });
  }
}
