/** Somebody at a desk: a running rig, its daemon and the grid's heartbeat, and a shell in which both programs are found by name. */
import { spawn } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import type { RigFile } from "../../agent/cli/sim-files.ts";
import type { Scope } from "../../agent/runtime/scope.ts";
import { Child } from "../../scripts/demo/child.ts";
import { program } from "../cli/programs.ts";
import { fencesOf, readPage } from "./pages.ts";
import { LASTING, type Places } from "./tables.ts";

export interface Outcome {
  /** null: it did not end in time. */
  readonly exit: number | null;
  readonly said: string;
}

const PATIENCE_MS = 20_000;
const tls = fileURLToPath(new URL("../../../test/link/tls/", import.meta.url));
const has = (name: string): Promise<boolean> => new Promise((resolve) => spawn("sh", ["-c", `command -v ${name}`], { stdio: "ignore" }).on("close", (code) => resolve(code === 0)));

export class Desk {
  places: Places;
  readonly #env: NodeJS.ProcessEnv;
  /** Each once: what was typed to furnish the place is not typed again where a page has it. */
  readonly #typed = new Map<string, Promise<Outcome>>();

  private constructor(places: Places, env: NodeJS.ProcessEnv) {
    this.places = places;
    this.#env = env;
  }

  /** All that the books take for granted: a rack under the grid's allocation, keys, certificates, a card, a limit that is over. */
  static async open(scope: Scope): Promise<Desk> {
    const dir = await mkdtemp(join(tmpdir(), "curtaild-typed-"));
    scope.own("folder", () => rm(dir, { recursive: true, force: true }));
    const [rig, spare, bin] = [join(dir, "rig"), join(dir, "desk"), join(dir, "bin")];
    for (const path of [rig, bin, join(spare, "certs"), join(spare, "secrets"), join(spare, "profiles")]) await mkdir(path, { recursive: true });
    const sim = new Child("rig", ["sim", "--asics", "12", "--broker", "--contacts", "--dir", rig], join(dir, "rig.log"));
    scope.own("rig", () => sim.stop());
    await sim.says((line) => line.startsWith('{"ready":true'), PATIENCE_MS);
    const { broker, config, asics, pdus } = JSON.parse(await readFile(join(rig, "rig.json"), "utf8")) as RigFile;
    await writeBin(bin, { run: join(rig, "run"), broker });
    const desk = new Desk({ rig, spare, broker, miner: asics[0]?.address ?? "", newcomer: asics[10]?.address ?? "", successor: asics[11]?.address ?? "", pdu: pdus[0]?.address ?? "", head: "" }, {
      ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, XDG_STATE_HOME: join(dir, "home"), XDG_CACHE_HOME: join(dir, "home"), NO_COLOR: "1",
      CURTAIL_BROKER: broker, CURTAIL_OPERATOR: "demo", CURTAIL_NODE: "site/s1/rack/r1",
    });
    await desk.#furnish(config);
    const daemon = new Child("daemon", ["run", "--config", config], join(dir, "daemon.log"));
    scope.own("daemon", () => daemon.stop());
    await daemon.says((line) => line.includes("link.connected"), PATIENCE_MS);
    const beats = spawn(join(bin, "curtailctl"), ["operator", "heartbeat", "--quiet"], { cwd: spare, env: desk.#env, stdio: "ignore" });
    scope.own("heartbeat", async () => void beats.kill());
    await Promise.all(["curtailctl operator allocate --limit none --ramp 1000 --for 24h", "curtailctl operator limit 15kW --id peak --for 2s", "curtailctl grid card --json > card.json"].map((text) => desk.#furnishBy(text)));
    await desk.#furnishBy(`cp -r ${rig}/state copy`);
    const { logHead } = JSON.parse((await desk.#furnishBy("curtailctl --json status")).said) as { logHead: string | null };
    desk.places = { ...desk.places, head: logHead ?? "none yet" };
    return desk;
  }

  async #furnishBy(text: string): Promise<Outcome> {
    const outcome = await this.type(text);
    if (outcome.exit !== 0) throw new Error(`${text} ended with ${outcome.exit}: ${outcome.said}`);
    return outcome;
  }

  /** Files the pages name. */
  async #furnish(config: string): Promise<void> {
    const { spare } = this.places;
    for (const [from, to] of [["ca.pem", "ca.pem"], ["rack.pem", "operator.pem"], ["rack.key.pem", "operator.key.pem"]] as const) await cp(join(tls, from), join(spare, "certs", to));
    await writeFile(join(spare, "profiles", "my-pdu.yaml"), fencesOf(readPage("docs/profiles.md")).find(({ text }) => text.startsWith("profile:"))?.text ?? "");
    const document = parseDocument(await readFile(config, "utf8"));
    document.setIn(["grid", "rootKeyFile"], join(spare, "root.pub.pem"));
    document.setIn(["policy", "outlets"], "emergency");
    document.setIn(["policy", "outletMinOffS"], 0);
    // Nobody waits for this rack to be parked.
    document.setIn(["policy", "onStop"], "hold");
    await writeFile(config, document.toString());
    const fewer = document.clone();
    for (const index of [11, 10]) fewer.deleteIn(["miners", index]);
    await writeFile(join(spare, "config.yaml"), fewer.toString());
    // Other racks, of machines that are away: two daemons at one rig would order against each other.
    for (const rack of ["r2", "r3"]) {
      const home = join(spare, rack);
      await mkdir(home);
      document.setIn(["node", "rack"], rack);
      document.setIn(["paths"], { state: join(home, "state"), run: join(home, "run") });
      let port = 0;
      await writeFile(join(home, "config.yaml"), document.toString().replaceAll(/(?<=address: )\S+/g, () => `127.0.0.1:${(port += 1)}`));
    }
    await Promise.all(["root", "grid-1"].map((name) => this.#furnishBy(`curtailctl operator keygen ${name}`)));
  }

  /** Resolves once it has ended; what goes on by itself is ended by Ctrl-C when it has said what it should. */
  type(text: string, before: readonly string[] = []): Promise<Outcome> {
    const known = this.#typed.get(text) ?? this.#typed.get([...before, text].join("\n"));
    if (known !== undefined) return known;
    const outcome = this.#shell(text, before);
    this.#typed.set([...before, text].join("\n"), outcome);
    return outcome;
  }

  #shell(text: string, before: readonly string[]): Promise<Outcome> {
    const lasting = LASTING.find(({ typed }) => typed.test(text));
    return new Promise((resolve) => {
      const shell = spawn("bash", ["-c", `set -o pipefail\n${before.join("\n")}\n${text}`], { cwd: this.places.spare, env: this.#env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      let interrupted = false;
      // The shell and what it has started; only ours.
      const end = (how: NodeJS.Signals): void => {
        if (shell.exitCode === null && shell.pid !== undefined) process.kill(-shell.pid, how);
      };
      const late = setTimeout(() => end("SIGKILL"), PATIENCE_MS);
      for (const stream of [shell.stdout, shell.stderr]) {
        stream.setEncoding("utf8").on("data", (chunk: string) => {
          said += chunk;
          if (interrupted || lasting === undefined || !lasting.says.test(said)) return;
          interrupted = true;
          end("SIGINT");
        });
      }
      shell.on("close", (exit) => {
        clearTimeout(late);
        resolve({ exit, said });
      });
    });
  }
}

/** The programs as a package would put them: the rack's sockets are found without being named, and nobody is there to be asked. */
async function writeBin(bin: string, { run, broker }: { readonly run: string; readonly broker: string }): Promise<void> {
  const { hostname, port } = new URL(broker);
  // Looks no link up for each of a hundred modules: a third of the time a command takes.
  const node = `${process.execPath} --preserve-symlinks --preserve-symlinks-main`;
  const scripts = {
    curtaild: `exec ${node} ${program("curtaild")} "$@"`,
    curtailctl: `exec ${node} ${program("curtailctl")} --socket ${run} --yes "$@"`,
    mosquitto_pub: (await has("mosquitto_pub")) ? `exec "$(PATH=$(echo "$PATH" | sed 's|^[^:]*:||'); command -v mosquitto_pub)" -h ${hostname} -p ${port} "$@"` : `exec ${node} ${fileURLToPath(new URL("./publish.js", import.meta.url))} ${broker} "$@"`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
}
