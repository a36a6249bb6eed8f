/** md5crypt, `$1$` of crypt(3): what WhatsMiners make of a password. Vectors: `openssl passwd -1 -salt SALT PASSWORD`. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

const LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** The order in which the bytes of the last digest become letters, six bits each, the lowest first. */
const ORDER = [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11] as const;

/** The 22 letters behind `$1$salt$`. */
export function md5crypt(password: string, salt: string): string {
  const secret = Buffer.from(password);
  let digest = first(secret, salt);
  for (let round = 0; round < 1000; round++) {
    const hash = createHash("md5").update(round & 1 ? secret : digest);
    if (round % 3 !== 0) hash.update(salt);
    if (round % 7 !== 0) hash.update(secret);
    digest = hash.update(round & 1 ? digest : secret).digest();
  }
  return spelled(digest);
}

function first(secret: Buffer, salt: string): Buffer {
  const inner = createHash("md5").update(secret).update(salt).update(secret).digest();
  const hash = createHash("md5").update(secret).update("$1$").update(salt);
  for (let left = secret.length; left > 0; left -= 16) hash.update(inner.subarray(0, Math.min(16, left)));
  // For each bit of the length, lowest first: a NUL where it is set, the password's first byte where it is not.
  for (let length = secret.length; length > 0; length >>= 1) hash.update(length & 1 ? NUL : secret.subarray(0, 1));
  return hash.digest();
}

const NUL = Buffer.alloc(1);

function spelled(digest: Buffer): string {
  let text = "";
  for (let at = 0; at < ORDER.length; at += 3) {
    const bytes = ORDER.slice(at, at + 3).map((index) => digest[index] ?? 0);
    let value = bytes.reduce((sum, byte, place) => sum | (byte << (8 * place)), 0);
    for (let letters = bytes.length + 1; letters > 0; letters--, value >>= 6) text += LETTERS[value & 63];
  }
  return text;
}
