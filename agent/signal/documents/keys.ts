/** KEYS: the whole set of keys that may sign, itself signed by the pinned root key. */
import { createPublicKey, type KeyObject } from "node:crypto";
import * as z from "zod";
import type { Instant } from "../../core/units.ts";
import { algorithmOf } from "../jws.ts";
import { accept, refuse, type Result } from "../result.ts";
import { time } from "./fields.ts";

const part = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "32 bytes in base64url");

export const keysSchema = z.object({
  keys: z
    .array(
      z.object({
        kid: z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/),
        alg: z.enum(["Ed25519", "EdDSA", "ES256"]),
        /** The public half as a JWK (RFC 7517). */
        key: z.discriminatedUnion("kty", [
          z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: part }),
          z.object({ kty: z.literal("EC"), crv: z.literal("P-256"), x: part, y: part }),
        ]),
        types: z.array(z.string().max(32)).max(32),
        /** Nodes it may address, each with everything below it. */
        nodes: z.array(z.string().max(256)).max(256),
        notAfter: time.nullable(),
      }),
    )
    .max(64),
});

export interface GridKey {
  readonly kid: string;
  readonly key: KeyObject;
  /** The public half as text, to compare. */
  readonly print: string;
  readonly types: readonly string[];
  readonly nodes: readonly string[];
  readonly notAfter: Instant | null;
}

export function readKeys({ keys }: z.infer<typeof keysSchema>): Result<readonly GridKey[]> {
  const read: GridKey[] = [];
  for (const [index, { kid, alg, key: jwk, types, nodes, notAfter }] of keys.entries()) {
    if (kid === "root") return refuse("SCHEMA", `keys.${index}.kid: "root" is the pinned key, which signs nothing else`);
    if (read.some((other) => other.kid === kid)) return refuse("SCHEMA", `keys.${index}.kid: "${kid}" stands twice`);
    try {
      const key = createPublicKey({ key: jwk, format: "jwk" });
      if (algorithmOf(key) !== (alg === "EdDSA" ? "Ed25519" : alg)) return refuse("SCHEMA", `keys.${index}.alg: not the algorithm of this key`);
      read.push({ kid, key, print: JSON.stringify(jwk), types, nodes, notAfter });
    } catch {
      return refuse("SCHEMA", `keys.${index}.key: not a public key`);
    }
  }
  return accept(read);
}
