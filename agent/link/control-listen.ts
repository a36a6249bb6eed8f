/** Opens a unix socket that only its owner and group may use, in place of one that was left behind. */
import { chmod, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";

/** Bytes a unix socket's path may have, without the NUL. */
const longestPath = 107;

/** Rejects with the cause and the cure; leaves the socket of a daemon that lives alone. */
export async function listen(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) throw new Error(`${path} is too long for a unix socket (${longestPath} bytes): set a shorter paths.run`);
  if (await isAnswered(path)) throw new Error(`another curtaild answers on ${path}: stop it, or give this one its own paths.run`);
  // What is left by a daemon that was killed.
  await rm(path, { force: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path} is in the way and cannot be removed (${error.code ?? error.message}): move it, or set another paths.run`, { cause: error });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  server.removeAllListeners("error").on("error", () => undefined);
  await chmod(path, 0o660);
}

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path, () => end(true));
    const end = (answered: boolean): void => {
      probe.destroy();
      resolve(answered);
    };
    probe.on("error", () => end(false));
  });
