/** `npm run docs`: writes what the documentation takes from the code. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { driversDocument } from "./drivers.ts";
import { generated } from "./generated.ts";

for (const [file, text] of [...generated(), ["drivers.md", await driversDocument()] as const]) {
  const path = fileURLToPath(new URL(`../../../docs/${file}`, import.meta.url));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
