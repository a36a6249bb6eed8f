/** Who may import whom. A planted violation must fail, and the test says how many files it has read. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A room is the first folder under agent or drivers; files beside the rooms are rooms of their own. */
function roomOf(file: string): string {
  const [top = "", second = "", third] = file.split(sep);
  if (top === "agent" || top === "drivers") return third === undefined ? `${top}/${second.replace(/\.ts$/, "")}` : `${top}/${second}`;
  return top;
}

const WORKERS = ["agent/signal", "agent/schedule", "agent/plant", "agent/report", "agent/record", "agent/link", "agent/config", "agent/host"];
const CONTRACT = ["drivers/driver", "agent/core", "agent/runtime"];

/** Rooms each room may import besides itself. Rooms not named here are drivers: they may import what `DRIVER` says. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "agent/core": [],
  "agent/runtime": ["agent/core"],
  "agent/signal": ["agent/runtime", "agent/core"],
  "agent/schedule": ["agent/core"],
  "agent/plant": ["drivers/driver", "agent/runtime", "agent/core"],
  "agent/report": ["agent/runtime", "agent/core"],
  "agent/record": ["agent/runtime", "agent/core"],
  "agent/link": ["agent/runtime", "agent/core"],
  "agent/config": ["agent/runtime", "agent/core"],
  "agent/host": ["agent/runtime", "agent/core"],
  "agent/technician-limit": ["agent/core"],
  "agent/technician": ["agent/core", "agent/plant", "agent/runtime", "agent/technician-limit"],
  "agent/notebook": ["agent/core", "agent/runtime", "agent/technician-limit"],
  "agent/attend": [...WORKERS, "agent/runtime", "agent/core"],
  "agent/parts": [...WORKERS, "agent/attend", "agent/runtime", "agent/core"],
  "agent/teller": [...WORKERS, "agent/parts", "agent/runtime", "agent/core"],
  "agent/hearing": [...WORKERS, "agent/parts", "agent/teller", "agent/notebook", "agent/runtime", "agent/core"],
  "agent/decider": ["agent/runtime", "agent/core"],
  "agent/foresight": ["agent/parts", "agent/technician-limit", "agent/core"],
  "agent/daemon": [...WORKERS, "agent/parts", "agent/teller", "agent/foresight", "agent/hearing", "agent/decider", "agent/attend", "agent/technician", "agent/notebook", "agent/runtime", "agent/core"],
  "drivers/driver": ["agent/core", "drivers/models"],
  "drivers/device": [...CONTRACT, "drivers/alike", "drivers/models"],
  "drivers/models": ["agent/core", "agent/runtime"],
  "drivers/alike": [],
  "drivers/guarded": [...CONTRACT, "drivers/alike", "drivers/models"],
  "drivers/index": ["*"],
  "drivers/find": ["*"],
  "drivers/sim": [],
};
const DRIVER = [...CONTRACT, "drivers/device", "drivers/alike", "drivers/cgminer", "drivers/http", "drivers/models"];
const FREE = new Set(["agent/cli", "scripts", "test", "agent/run", "agent/routes"]);

/** Packages that have one home. */
const PACKAGE_HOME: Readonly<Record<string, readonly string[]>> = {
  mqtt: ["agent/link"],
  "mqtt-packet": ["agent/link"],
  "modbus-serial": ["drivers/modbus"],
  serialport: ["drivers/modbus"],
  pino: ["agent/host"],
  systeminformation: ["agent/host"],
  "classic-level": ["agent/record"],
  "node-cron": ["agent/host"],
  commander: ["agent/cli"],
  protobufjs: ["agent/report"],
  aedes: ["agent/cli", "test", "scripts"],
};
/** Only the real clock reads time or sets timers in the agent. */
const TIME = /\b(Date\.now|performance\.now|new Date\(\)|setTimeout|setInterval|setImmediate|node:timers|Math\.random)\b/;
const MAY_READ_TIME = /^agent\/(runtime\/system-clock\.ts|cli\/|host\/|link\/|run\.ts)/;

/** A tongue is spoken in its own rooms; who wires, configures and explains may name it, and nobody else knows that it exists. */
const TONGUES: readonly { readonly words: RegExp; readonly spoken: RegExp; readonly named: RegExp }[] = [
  {
    words: /openadr|\bVTN\b|\bVEN\b|IMPORT_CAPACITY|DISPATCH_SETPOINT|randomizeStart|intervalPeriod/i,
    spoken: /^agent\/(signal|attend)\/openadr\/|^drivers\/sim\/vtn\.ts$/,
    named: /^agent\/(config\/|run\.ts$|run\/parties\.ts$|report\/runbook\/|cli\/sim)/,
  },
  { words: /sparkplug|spBv1|\b[ND](BIRTH|DEATH|CMD|DATA)\b|bdSeq|\brebirth/i, spoken: /^agent\/report\/sparkplug\/|^agent\/attend\/sparkplug\.ts$/, named: /^agent\/(config\/|run\/parties\.ts$|report\/runbook\/)/ },
];

interface Source {
  readonly file: string;
  readonly text: string;
}

function sources(): Source[] {
  return ["agent", "drivers"].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true })
      .map((name) => join(top, String(name)))
      .filter((name) => name.endsWith(".ts"))
      .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") })),
  );
}

const IMPORT = /\b(?:import|export)\s[^;"']*?\bfrom\s*["']([^"']+)["']|\bimport\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:])\/\/.*$/gm, "$1");

function importsOf({ text }: Source): string[] {
  return [...withoutComments(text).matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

function violations({ file, text }: Source): string[] {
  const room = roomOf(file);
  const found: string[] = [];
  for (const specifier of importsOf({ file, text })) {
    if (specifier.startsWith(".")) {
      const target = roomOf(relative(root, normalize(join(root, dirname(file), specifier))));
      if (!mayImport(room, target)) found.push(`${file}: ${room} may not import ${target}`);
    } else if (room === "agent/core") found.push(`${file}: core imports nothing, not even ${specifier}`);
    else if (room === "drivers/sim" && !specifier.startsWith("node:")) found.push(`${file}: drivers/sim uses node:* only, not ${specifier}`);
    else {
      const name = specifier.split("/")[0] ?? "";
      const homes = PACKAGE_HOME[name];
      if (homes !== undefined && !homes.includes(room) && !homes.includes(file.split(sep)[0] ?? "")) found.push(`${file}: only ${homes.join(", ")} may import ${name}`);
    }
  }
  const code = withoutComments(text);
  for (const { words, spoken, named } of TONGUES) if (!spoken.test(file) && !named.test(file) && words.test(code)) found.push(`${file}: ${words.exec(code)?.[0]} is known in its own rooms only`);
  if (file.startsWith("agent/") && !MAY_READ_TIME.test(file) && TIME.test(code)) found.push(`${file}: time and randomness are injected (${TIME.exec(code)?.[0]})`);
  return found;
}

function mayImport(room: string, target: string): boolean {
  if (room === target || FREE.has(room)) return true;
  const allowed = MAY_IMPORT[room] ?? (room.startsWith("drivers/") ? DRIVER : []);
  return allowed.includes("*") || allowed.includes(target);
}

describe("the house", () => {
  test("every import keeps to the rules", () => {
    const files = sources();
    assert.ok(files.length >= 100, `read ${files.length} files`);
    assert.deepEqual(files.flatMap(violations), []);
  });

  const planted: [string, Source][] = [
    ["core imports node:fs", { file: "agent/core/planted.ts", text: 'import { readFileSync } from "node:fs";' }],
    ["core imports a package", { file: "agent/core/planted.ts", text: 'import { z } from "zod";' }],
    ["core imports the signal room", { file: "agent/core/planted.ts", text: 'import type { Signal } from "../signal/signal.ts";' }],
    ["core reads the clock", { file: "agent/core/planted.ts", text: "export const now = Date.now();" }],
    ["plant imports a driver", { file: "agent/plant/planted.ts", text: 'import { luxos } from "../../drivers/luxos/driver.ts";' }],
    ["report imports signal", { file: "agent/report/planted.ts", text: 'export type { Signal } from "../signal/signal.ts";' }],
    ["a second home for mqtt", { file: "agent/report/planted.ts", text: 'const mqtt = await import("mqtt");' }],
    ["the simulator shares a driver's code", { file: "drivers/sim/planted.ts", text: 'import { parse } from "../cgminer/parse.ts";' }],
    ["a driver imports the simulator", { file: "drivers/luxos/planted.ts", text: 'import { Asic } from "../sim/asic.ts";' }],
    ["the core knows a tongue", { file: "agent/core/planted.ts", text: 'export const limit = "IMPORT_CAPACITY_LIMIT";' }],
    ["the plant knows another tongue", { file: "agent/plant/planted.ts", text: 'export const topic = "spBv1.0/mining/NBIRTH/r1";' }],
    ["the daemon imports the command line", { file: "agent/daemon.ts", text: 'import { client } from "./cli/client.ts";' }],
  ];
  for (const [name, source] of planted) {
    test(`planted: ${name}`, () => assert.equal(violations(source).length, 1));
  }
});

/** What `curtaild run` loads whatever the configuration says. */
const BEGINNINGS = ["agent/cli/curtaild.ts", "agent/cli/commands/run.ts", "agent/cli/vocabulary.ts", "agent/run.ts"].map((file) => join(...file.split("/")));
/** What is loaded where a key of the configuration asks for it, and by programs that are not the daemon. */
const ON_DEMAND = /^drivers\/(sim|(?!cgminer|http|modbus)[\w-]+)\/|^agent\/(attend|signal)\/openadr\/|sparkplug|^agent\/attend\/farm\.ts|^agent\/report\/farm\/|^agent\/link\/(web|http-client)|^agent\/cli\/(operator|screen|init|doctor)/;
const HEAVY = new Set(["aedes", "protobufjs", "serialport", "systeminformation", "node-cron"]);
const LOADING = /\b(?:import|export)\s(?!type\b)[^;"']*?\bfrom\s*["']([^"']+)["']|\bimport\s*["']([^"']+)["']/g;

function loadedAtStart(beginnings: readonly string[]): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
  const [files, packages] = [new Set(beginnings), new Set<string>()];
  for (const file of files) {
    for (const [, from, alone] of withoutComments(readFileSync(join(root, file), "utf8")).matchAll(LOADING)) {
      const specifier = from ?? alone ?? "";
      if (specifier.startsWith(".")) files.add(relative(root, normalize(join(root, dirname(file), specifier))));
      else packages.add(specifier);
    }
  }
  return { files, packages };
}

test("what the configuration does not ask for is not loaded", () => {
  const { files, packages } = loadedAtStart(BEGINNINGS);
  assert.ok(files.size > 150 && packages.has("zod"), `${files.size} files`);
  assert.deepEqual([...files].filter((file) => ON_DEMAND.test(file)), []);
  assert.deepEqual([...packages].filter((name) => HEAVY.has(name)), []);
  assert.ok([...loadedAtStart(["agent/attend/openadr/open.ts"]).files].some((file) => ON_DEMAND.test(file)));
});
