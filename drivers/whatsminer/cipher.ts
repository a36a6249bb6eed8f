/** AES-256-ECB with NUL padding, as base64: the envelope of API V2. ECB and MD5 are the maker's choice; the network has to be trusted. */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv } from "node:crypto";

const BLOCK = 16;

export function seal(text: string, key: Uint8Array): string {
  const bytes = Buffer.from(text);
  const padded = Buffer.concat([bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))]);
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString("base64");
}

/** null: not a whole number of blocks. With the wrong key the text is noise. */
export function unseal(data: string, key: Uint8Array): string | null {
  const bytes = Buffer.from(data, "base64");
  if (bytes.length === 0 || bytes.length % BLOCK !== 0) return null;
  const decipher = createDecipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  const opened = Buffer.concat([decipher.update(bytes), decipher.final()]);
  let end = opened.length;
  while (end > 0 && opened[end - 1] === 0) end--;
  return opened.toString("utf8", 0, end);
}
