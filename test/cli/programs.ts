/** The two programs as people start them, and a daemon made of canned answers. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { openControl, type ControlRoute } from "../../agent/link/control.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { testDirectory } from "../config/config-files.ts";

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Where one of the two is built. */
export const program = (name: "curtaild" | "curtailctl"): string => fileURLToPath(new URL(`../../agent/cli/${name}.js`, import.meta.url));

/** Runs `curtaild` or `curtailctl` to its end, without a terminal. */
export function run(name: "curtaild" | "curtailctl", args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program(name), ...args], { timeout: 20_000, env: { ...process.env, NO_COLOR: "1", ...env } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, out, err });
    });
    child.stdin?.end();
  });
}

export interface FakeDaemon extends AsyncDisposable {
  readonly directory: string;
  /** `POST /limit {"limitW":4000,...}` */
  readonly asked: string[];
}

/** Whoever runs the tests is called ada, once the daemon knows its uid. */
const asSaid = (body: unknown): string => JSON.stringify(body).replace(`(${process.getuid?.()})"`, '"').replace(/"who":"[^"]*"/, '"who":"ada"');

/** Answers `answers["GET /status"]` and writes down what it is asked. */
export async function fakeDaemon(answers: Readonly<Record<string, unknown>>): Promise<FakeDaemon> {
  const directory = await testDirectory();
  const run = join(directory.path, "run");
  const asked: string[] = [];
  const routes = Object.entries(answers).map(([key, answer]): ControlRoute => {
    const [method = "GET", path = "/"] = key.split(" ");
    return {
      method: method as ControlRoute["method"],
      path,
      socket: method === "GET" ? "look" : "act",
      async handle({ body, query }) {
        asked.push([key + (query.size === 0 ? "" : `?${query.toString()}`), ...(body === undefined ? [] : [asSaid(body)])].join(" "));
        if (answer instanceof Error) throw answer;
        return answer;
      },
      ...(path === "/events" && {
        follow(emit: (event: object) => void) {
          const timer = setInterval(() => emit({ at: "2026-01-01T00:00:02.000Z", name: "mode.changed", to: "failsafe" }), 20);
          return () => clearInterval(timer);
        },
      }),
    };
  });
  const server = await openControl({ directory: run, routes, clock: stopwatch(), log: silentLog });
  return {
    directory: run,
    asked,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
