/** Writes the generated files under docs/. */
import { writeFile } from "node:fs/promises";
import { configSchemaFile } from "../../agent/config/json-schema.ts";
import { driversDocument } from "./drivers.ts";

const docs = new URL("../../../docs/", import.meta.url);
await writeFile(new URL("config.schema.json", docs), configSchemaFile());
await writeFile(new URL("drivers.md", docs), await driversDocument());
