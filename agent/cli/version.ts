import { existsSync, readFileSync } from "node:fs";

/** From source two steps up, from dist three. */
const manifest = [new URL("../../package.json", import.meta.url), new URL("../../../package.json", import.meta.url)].find((url) => existsSync(url));

/** The version of this package. */
export const version: string = manifest === undefined ? "unknown" : (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
