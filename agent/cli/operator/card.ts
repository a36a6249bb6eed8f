/** Cards: what racks gave their operator to know them by. What a rack with a card says has to be signed by the key on it. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { openJws } from "../../signal/jws.ts";
import { exit, Failure } from "../exit.ts";
import { messageOf } from "../../runtime/errors.ts";

/** What `curtailctl grid card` prints. */
export const cardSchema = z.object({
  v: z.literal(1),
  type: z.literal("CARD"),
  operator: z.string().max(128),
  node: z.string().max(256),
  kid: z.string().max(64),
  key: z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string().max(64) }),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  nominalW: z.number(),
  floorW: z.number().nullable(),
  failsafeLimitW: z.number(),
  heartbeatTimeoutS: z.number(),
  signatures: z.enum(["required", "optional"]),
});
export type Card = z.infer<typeof cardSchema>;

export type Said = Readonly<Record<string, unknown>>;

/** `verified`: by the key on the card. `signed`: there is no card to verify it by. */
export interface Heard {
  readonly said: Said;
  readonly trust: "verified" | "signed" | "unsigned";
}

const mostBytes = 65_536;

export class Cards {
  readonly #keys: ReadonlyMap<string, { readonly kid: string; readonly key: KeyObject }>;

  constructor(cards: readonly Card[]) {
    this.#keys = new Map(cards.map(({ node, kid, key }) => [node, { kid, key: createPublicKey({ key, format: "jwk" }) }]));
  }

  /** What an agent said; null: nothing that can be read, or, where its card is known, nothing its key has signed. */
  open(payload: Uint8Array, node: string): Heard | null {
    const outer = payload.length > mostBytes ? null : parsed(Buffer.from(payload).toString("utf8"));
    if (outer === null) return null;
    const card = this.#keys.get(node);
    if (!("signature" in outer)) return card === undefined ? { said: outer, trust: "unsigned" } : null;
    if (card !== undefined) {
      const opened = openJws(outer, (kid) => (kid === card.kid ? card.key : null));
      return opened.ok ? heard(Buffer.from(opened.value.payload).toString("utf8"), "verified") : null;
    }
    const { payload: inner } = outer;
    return typeof inner === "string" ? heard(Buffer.from(inner, "base64url").toString("utf8"), "signed") : null;
  }
}

/** Throws a Failure (65) when a file is no card. */
export async function readCards(files: readonly string[]): Promise<Cards> {
  const cards = await Promise.all(files.map(async (file) => {
    try {
      return cardSchema.parse(JSON.parse(await readFile(file, "utf8")));
    } catch (error) {
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
      throw new Failure(exit.badInput, `${file} is no rack's card (${reason}): the rack prints it with \`curtailctl grid card\`.`);
    }
  }));
  return new Cards(cards);
}

function heard(text: string, trust: Heard["trust"]): Heard | null {
  const said = parsed(text);
  return said === null ? null : { said, trust };
}

function parsed(text: string): Said | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
