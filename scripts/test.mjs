// Runs the compiled tests: `node --test` takes directories on Node 20 and globs on 22, run({files}) is the same everywhere.
// Usage: node scripts/test.mjs [FOLDER ...]   folders under dist/test; without one all but those with a command of their own.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../dist/test/", import.meta.url));
/** They need Debian packages or minutes, and are run by test:peers, test:long and test:web. */
const OWN_COMMAND = new Set(["peers", "long", "web"]);

const wanted = process.argv.slice(2);
const files = readdirSync(root, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith(".test.js"))
  .filter((file) => {
    const [folder = ""] = file.split("/");
    return wanted.length > 0 ? wanted.includes(folder) : !OWN_COMMAND.has(folder);
  })
  .sort()
  .map((file) => join(root, file));

if (files.length === 0) {
  console.error(`no tests under dist/test${wanted.length > 0 ? ` in ${wanted.join(", ")}` : ""}: run npm run build first`);
  process.exit(1);
}

const tests = run({ files, concurrency: 4, timeout: wanted.includes("long") ? 1_800_000 : 300_000 });
tests.on("test:fail", () => {
  process.exitCode = 1;
});
tests.compose(spec).pipe(process.stdout);
