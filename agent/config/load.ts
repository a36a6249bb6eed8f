import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isNode, LineCounter, parseDocument, type Document } from "yaml";
import { ConfigError, configFaults, formatFault, type ConfigFault, messageOf } from "../runtime/errors.ts";
import { contradictions, doubts, type Contradiction, type Vocabulary } from "./contradictions.ts";
import { faultsOf, formatPath, type LineOf } from "./faults.ts";
import { configSchema, type BrokerConfig, type Config } from "./schema.ts";
import { inspectFiles } from "./secrets.ts";

const mostBytes = 4_194_304;

export interface LoadOptions {
  /** Where given, drivers, models and profiles it does not know are faults. */
  readonly vocabulary?: Vocabulary | null;
  /** One of several racks on this machine: unless the file says otherwise, its state and sockets have directories of that name. */
  readonly rack?: string | null;
  /** Called with one line for each thing that is allowed but doubtful. */
  readonly warn?: (line: string) => void;
}

/** Reads, checks and completes a configuration file. Rejects with a ConfigError that names every fault, its line and its cure. */
export async function loadConfig(file: string, options: LoadOptions = {}): Promise<Config> {
  return parseConfig(await readConfigText(file), file, options);
}

/** The file's text, bounded. Rejects with a ConfigError. */
export async function readConfigText(file: string): Promise<string> {
  const fail = (text: string): never => {
    throw configFaults(file, [{ line: null, path: "", text }]);
  };
  try {
    const found = await stat(file);
    // A pipe would keep the daemon from starting for as long as nobody writes into it.
    if (!found.isFile()) return fail("is no file: name the configuration itself.");
    if (found.size > mostBytes) return fail(`is larger than ${mostBytes} bytes: this is not a configuration.`);
    const text = await readFile(file, "utf8");
    if (text.includes("\0")) return fail("is no text in UTF-8: save it as UTF-8 (an editor on Windows may have saved UTF-16).");
    return text;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return fail(`cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}): check the path and that the daemon's user may read it.`);
  }
}

/** As loadConfig, from a text that came from `file`. */
export async function parseConfig(text: string, file: string, { vocabulary = null, warn, rack = null }: LoadOptions = {}): Promise<Config> {
  const lines = new LineCounter();
  const { document, value: written } = parseYaml(text, file, lines);
  const value = rack === null ? written : withRackPaths(written, rack);
  const lineOf = lineFinder(document, lines);
  const refuse = (faults: readonly ConfigFault[]): void => {
    if (faults.length > 0) throw configFaults(file, faults);
  };
  const located = ({ path, text: what }: Contradiction): ConfigFault => ({ line: lineOf(path), path: formatPath(path), text: what });

  const parsed = configSchema.safeParse(value);
  if (!parsed.success) throw configFaults(file, faultsOf(parsed.error.issues, value, lineOf));
  const config = withAbsolutePaths(parsed.data, dirname(resolve(file)));
  const files = await inspectFiles(config);
  refuse([...contradictions(config, vocabulary), ...files.faults].map(located));
  for (const doubt of [...doubts(config), ...files.doubts]) warn?.(formatFault(file, located(doubt)));
  return config;
}

function withRackPaths(written: unknown, rack: string): unknown {
  if (typeof written !== "object" || written === null) return written;
  const paths = "paths" in written && typeof written.paths === "object" ? written.paths : {};
  return { ...written, paths: { state: `/var/lib/curtaild/${rack}`, run: `/run/curtaild/${rack}`, ...paths } };
}

function parseYaml(text: string, file: string, lines: LineCounter): { document: Document; value: unknown } {
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (document.errors.length === 0) return { document, value };
    throw configFaults(file, document.errors.map((error) => ({ line: lines.linePos(error.pos[0]).line, path: "", text: `is no YAML: ${withoutQuotation(error.message)}. Check indentation and quotes here and on the line before.` })));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw configFaults(file, [{ line: null, path: "", text: `is no YAML that can be read (${withoutQuotation(messageOf(error))}).` }], { cause: error });
  }
}

/** The parser quotes the file behind a colon: it may be a password that stands there. */
const withoutQuotation = (message: string): string => message.split(": ")[0] ?? "";

/** The line of a path, or of the nearest thing above it that is there. */
function lineFinder(document: Document, lines: LineCounter): LineOf {
  return (path) => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return null;
  };
}

function withAbsolutePaths(config: Config, base: string): Config {
  const absolute = <T extends string | null>(path: T): T => (path === null ? path : (resolve(base, path) as T));
  const link = <T extends BrokerConfig>(room: T): T => ({
    ...room,
    passwordFile: absolute(room.passwordFile),
    tls: room.tls && { caFile: absolute(room.tls.caFile), certFile: absolute(room.tls.certFile), keyFile: absolute(room.tls.keyFile) },
  });
  return {
    ...config,
    grid: { ...link(config.grid), rootKeyFile: absolute(config.grid.rootKeyFile) },
    openadr: config.openadr && { ...config.openadr, clientSecretFile: absolute(config.openadr.clientSecretFile), caFile: absolute(config.openadr.caFile) },
    farm: config.farm && link(config.farm),
    web: config.web && { ...config.web, tokenFile: absolute(config.web.tokenFile) },
    miners: config.miners.map((miner) => ({ ...miner, passwordFile: absolute(miner.passwordFile) })),
    meters: config.meters.map((meter) => ({
      ...meter,
      tls: meter.tls && { ...meter.tls, caFile: absolute(meter.tls.caFile), certFile: absolute(meter.tls.certFile), keyFile: absolute(meter.tls.keyFile) },
      login: meter.login && { ...meter.login, passwordFile: absolute(meter.login.passwordFile) },
    })),
    paths: { state: absolute(config.paths.state), run: absolute(config.paths.run), profiles: absolute(config.paths.profiles) },
  };
}
