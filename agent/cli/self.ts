import { basename, dirname, join } from "node:path";

/** The command line of one of the two programs, as this one was started: from the bundle or from single files. */
export function selfCommand(name: "curtaild" | "curtailctl", ...args: readonly string[]): string[] {
  const file = process.argv[1] ?? "";
  return [process.execPath, ...(basename(file) === "main.js" ? [file, name] : [join(dirname(file), `${name}.js`)]), ...args];
}
