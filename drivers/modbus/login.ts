import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

import { DeviceError } from "../../agent/runtime/errors.ts";

/** Who we are to a device that asks. */
export interface Credentials {
  readonly username: string;
  /** Read with every login, so that a changed password needs no restart; a line feed at its end does not count. */
  readonly passwordFile: string;
}

const LONGEST_PASSWORD = 256;

/** The words that prove we know the password without saying it: SHA-256(challenge, MD5(user), MD5(password)), 16 registers. */
export async function answerTo(challenge: readonly number[], { username, passwordFile }: Credentials): Promise<number[]> {
  const md5 = (text: string): Buffer => createHash("md5").update(text).digest();
  const random = Buffer.from(challenge.flatMap((word) => [word >> 8, word & 0xff]));
  const digest = createHash("sha256").update(Buffer.concat([random, md5(username), md5(await passwordIn(passwordFile))])).digest();
  return Array.from({ length: digest.length / 2 }, (_, at) => digest.readUInt16BE(2 * at));
}

async function passwordIn(file: string): Promise<string> {
  try {
    const handle = await open(file, "r");
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST_PASSWORD + 1), 0, LONGEST_PASSWORD + 1, 0);
      if (bytesRead > LONGEST_PASSWORD) throw new Error(`it is longer than ${LONGEST_PASSWORD} bytes`);
      return buffer.toString("utf8", 0, bytesRead).replace(/\r?\n$/, "");
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new DeviceError("refused", `the password in ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
