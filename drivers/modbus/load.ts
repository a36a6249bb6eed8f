import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isNode, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";

import { configFaults } from "../../agent/runtime/errors.ts";
import { faultsIn } from "./profile-check.ts";
import type { Fault, Path } from "./profile-check.ts";
import { profileSchema } from "./profile.ts";
import type { Profile } from "./profile.ts";

/** The longest map we know takes 6 kB. */
const MOST_CHARACTERS = 256 * 1024;

/**
 * The profile of this name: from `directories` (a site's own, first come), else from those that ship with the package.
 * Throws ConfigError with every fault's line, path and cure.
 */
export function loadProfile(name: string, directories: readonly string[] = []): Profile {
  const searched = [...directories, shippedProfiles()];
  const file = /^[a-z0-9-]+$/.test(name) ? searched.map((directory) => join(directory, `${name}.yaml`)).find((path) => existsSync(path)) : undefined;
  if (file === undefined) throw refused(`${name}.yaml`, `there is no such Modbus profile in ${searched.join(" or ")}`);
  return readProfile(file);
}

/** The profile in this file. Throws ConfigError as loadProfile does, also when the file and the profile are named differently. */
export function readProfile(file: string): Profile {
  const profile = parseProfile(contentOf(file), file);
  const name = basename(file).replace(/\.ya?ml$/, "");
  if (profile.profile !== name) throw configFaults(file, [{ line: null, path: "profile", text: `must be ${name}, the name of the file` }]);
  return profile;
}

/** The names of all profiles there are, in order; `directories` as in loadProfile, those that are not there have none. */
export function profileNames(directories: readonly string[] = []): string[] {
  const files = [...directories, shippedProfiles()].filter((directory) => existsSync(directory)).flatMap((directory) => readdirSync(directory));
  return [...new Set(files.filter((file) => file.endsWith(".yaml")).map((file) => basename(file, ".yaml")))].toSorted();
}

/** `file`: what to call the text in messages. Throws ConfigError with every fault's line, path and cure. */
export function parseProfile(text: string, file: string): Profile {
  if (text.length > MOST_CHARACTERS) throw refused(file, `${text.length} characters are more than any register map takes (${MOST_CHARACTERS})`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw configFaults(file, document.errors.slice(0, 10).map(({ message, pos }) => ({ line: lines.linePos(pos[0]).line, path: "", text: `not YAML: ${message}` })));
  }
  const shape = profileSchema.safeParse(content(document, file), { reportInput: true });
  const faults = shape.success ? faultsIn(shape.data) : shape.error.issues.map(toFault);
  if (shape.success && faults.length === 0) return shape.data;
  throw configFaults(file, faults.map(({ path, cure }) => ({ line: lineOf(document, lines, path), path: written(path), text: cure })));
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw configFaults(file, [{ line: null, path: "", text: `cannot be read: ${(error as Error).message}` }], { cause: error });
  }
}

const refused = (file: string, text: string): Error => configFaults(file, [{ line: null, path: "", text }]);

/** A few lines of aliases can stand for gigabytes. */
function content(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw configFaults(file, [{ line: null, path: "", text: "has too many aliases: write the values out" }], { cause: error });
  }
}

function toFault(issue: z.core.$ZodIssue): Fault {
  const missing = issue.code !== "unrecognized_keys" && issue.input === undefined;
  return { path: issue.path.map((part) => (typeof part === "number" ? part : String(part))), cure: missing ? `is missing: ${issue.message}` : issue.message };
}

/** The line of the nearest thing that is there. */
function lineOf(document: Document, lines: LineCounter, path: Path): number | null {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}

/** `points.power.repeat[0].count` */
const written = (path: Path): string => path.map((part, at) => (typeof part === "number" ? `[${part}]` : at === 0 ? part : `.${part}`)).join("");

/** Beside package.json, so that it is found from the sources and from dist/ alike. */
function shippedProfiles(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "package.json")) && dirname(directory) !== directory) directory = dirname(directory);
  return join(directory, "drivers", "modbus", "profiles");
}
