/** What Node has to be told before it starts a program, as the program's own first line says it: the daemon's heap is small. */
import { readFileSync } from "node:fs";

export function nodeFlagsOf(program: string): string[] {
  const [first = ""] = readFileSync(program, "utf8").split("\n", 1);
  return first.startsWith("#!") ? first.split(" ").filter((word) => word.startsWith("--")) : [];
}
