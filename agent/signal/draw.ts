/** This device's own draws: u = HMAC-SHA256(device seed, document id) / 2^256, the same after any restart. */
import { createHmac } from "node:crypto";

/** In [0, 1). The first 52 bits are all that a number holds below one. */
export function drawFor(seed: string, id: string): number {
  const digest = createHmac("sha256", Buffer.from(seed, "hex")).update(id).digest("hex");
  return Number.parseInt(digest.slice(0, 13), 16) / 2 ** 52;
}
