/** What a WhatsMiner computes to check who talks to it: md5crypt ($1$), AES-256-ECB, SHA-256. Written from the firmware's side. */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";

const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ROUNDS = 1000;
/** Which bytes of the digest make each group of four letters. */
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

const md5 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The hash alone, without `$1$salt$`. */
export function crypted(password: string, salt: string): string {
  const length = Buffer.byteLength(password);
  const second = md5(password, salt, password);
  const fill = Buffer.alloc(length, second);
  // One byte for each bit of the length, lowest first: NUL where it is set, the first letter where not.
  const bits = Buffer.from([...length.toString(2)].reverse().map((bit) => (bit === "1" ? 0 : (Buffer.from(password)[0] ?? 0))));
  let digest = md5(password, "$1$", salt, fill, length === 0 ? "" : bits);
  for (let round = 0; round < ROUNDS; round += 1) {
    const odd = round % 2 === 1;
    digest = md5(odd ? password : digest, round % 3 === 0 ? "" : salt, round % 7 === 0 ? "" : password, odd ? digest : password);
  }
  const letters = (value: number, count: number): string => Array.from({ length: count }, (_, index) => ALPHABET[(value >> (6 * index)) & 63]).join("");
  return GROUPS.map(([high, middle, low]) => letters(((digest[high] ?? 0) << 16) | ((digest[middle] ?? 0) << 8) | (digest[low] ?? 0), 4)).join("") + letters(digest[11] ?? 0, 2);
}

/** Text out of a base64 block; null where key or block are wrong. */
export function opened(data: string, key: Buffer): string | null {
  try {
    const decipher = createDecipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    return Buffer.concat([decipher.update(data, "base64"), decipher.final()]).toString("utf8").replace(/\0+$/, "");
  } catch {
    return null;
  }
}

/** Text, filled up with NUL to whole blocks of 16 bytes, as base64. */
export function sealed(text: string, key: Buffer): string {
  const bytes = Buffer.from(text, "utf8");
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.update(Buffer.alloc((16 - (bytes.length % 16)) % 16)), cipher.final()]).toString("base64");
}

export const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
