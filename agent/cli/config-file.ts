/** A configuration file as a command writes it back. */
import { chmod, chown, rename, stat, writeFile } from "node:fs/promises";
import { exit, Failure } from "./exit.ts";
import { messageOf } from "../runtime/errors.ts";

export const USUAL_CONFIG = "/etc/curtaild/config.yaml";

/** Whoever reads the file never sees half of it; owner and permissions stay. */
export async function writeConfig(file: string, text: string): Promise<void> {
  const { mode, uid, gid } = await stat(file);
  try {
    await writeFile(`${file}.new`, text, { mode: mode & 0o777 });
    await chmod(`${file}.new`, mode & 0o777);
    await chown(`${file}.new`, uid, gid);
    await rename(`${file}.new`, file);
  } catch (error) {
    throw new Failure(exit.notPermitted, `${file} cannot be written (${messageOf(error)}): run it as who may, with sudo for one. Nothing was changed.`, { cause: error });
  }
}
