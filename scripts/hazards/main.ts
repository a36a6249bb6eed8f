/** `node dist/scripts/hazards/main.js`: does every requirement of docs/hazards.md name a test that exists? Exit 1: no. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { figures, gaps } from "./trace.ts";

const root = new URL("../../../", import.meta.url);
const read = (file: string): string | null => {
  const path = fileURLToPath(new URL(file, root));
  return existsSync(path) ? readFileSync(path, "utf8") : null;
};

const markdown = read("docs/hazards.md") ?? "";
const found = gaps(markdown, read);
for (const gap of found) console.error(`docs/hazards.md: ${gap}`);
if (found.length > 0) process.exitCode = 1;
else {
  const { requirements, tests } = figures(markdown);
  console.log(`${requirements} requirements, shown by ${tests} tests`);
}
