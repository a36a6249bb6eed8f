/** A process to be killed: commits 1, 2, 3, ... in pairs of keys and says each number on stdout once it is kept. */
import { openStore } from "../../agent/record/store.ts";

const [dir = ".", from = "1"] = process.argv.slice(2);
const store = await openStore(dir);
for (let count = Number(from); ; count += 1) {
  try {
    await store.commit(new Map([[`pair/a`, `${count}`], [`pair/b`, `${count} ${"x".repeat(2_000)}`], [`each/${count}`, "kept"]]));
  } catch (error) {
    process.stdout.write(`failed ${error instanceof Error ? error.name : ""}\n`);
    process.exit(3);
  }
  process.stdout.write(`${count}\n`);
}
