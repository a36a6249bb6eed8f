/** Who is who in the fleet. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

export const OPERATOR = "fleet";
export const AREA = "north";
/** 2,000 MW over 5,700 racks. */
export const NOMINAL_W = 350_000;
export const SHARE = 1 / 5_700;
const RACKS_A_SITE = 20;

export function nameOf(index: number): { readonly site: string; readonly rack: string; readonly node: string } {
  const [site, rack] = [`s${Math.floor(index / RACKS_A_SITE)}`, `r${index % RACKS_A_SITE}`];
  return { site, rack, node: `site/${site}/rack/${rack}` };
}

/** The same in every process: RFC 8410, PKCS #8 of an Ed25519 key is this prefix and 32 bytes. */
const keysOf = (byte: number): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } => {
  const privateKey = createPrivateKey({ key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, byte)]), format: "der", type: "pkcs8" });
  return { privateKey, publicKey: createPublicKey(privateKey) };
};
export const rootKeys = (): ReturnType<typeof keysOf> => keysOf(1);
export const operatorKeys = (): ReturnType<typeof keysOf> => keysOf(2);
