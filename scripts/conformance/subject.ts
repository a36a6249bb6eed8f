/** The agent under test, as anybody would run it: a process with a configuration, a broker it connects to, one simulated miner. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createPublicKey, type JsonWebKey } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Aedes } from "aedes";
import { stringify } from "yaml";
import { ControlClient } from "../../agent/cli/client.ts";
import { stateFile } from "../../agent/cli/state-file.ts";
import type { Agent } from "../docs/vector.ts";

const program = fileURLToPath(new URL("../../agent/cli/curtaild.js", import.meta.url));
const patienceMs = 20_000;

export interface Seen {
  readonly state: string;
  readonly limitW: number | null;
  readonly source: string | null;
  readonly setpointW: number | null;
  readonly refused: Readonly<Record<string, number>>;
}

export class Subject {
  /** `STATUS` or `STATUS/CODE`, as they came. */
  readonly acks: string[] = [];
  readonly #dir: string;
  readonly #aedes: Aedes;
  readonly #close: () => Promise<void>;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  #connects = 0;

  private constructor(dir: string, parts: { readonly aedes: Aedes; readonly close: () => Promise<void>; readonly env: NodeJS.ProcessEnv }) {
    this.#dir = dir;
    this.#aedes = parts.aedes;
    this.#close = parts.close;
    this.#env = parts.env;
    this.#aedes.on("clientReady", () => (this.#connects += 1));
    this.#aedes.on("publish", ({ topic, payload }) => {
      if (/\/ack\/[^/]+$/.test(topic)) this.#heard(payload.toString());
    });
  }

  static async start(dir: string, agent: Agent): Promise<Subject> {
    await mkdir(dir, { recursive: true });
    const aedes = await Aedes.createBroker();
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const close = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => aedes.close(resolve));
      await new Promise((resolve) => server.close(resolve));
    };
    await writeFile(join(dir, "root.pub.pem"), createPublicKey({ key: agent.rootKey as JsonWebKey, format: "jwk" }).export({ type: "spki", format: "pem" }));
    await writeFile(join(dir, "config.yaml"), configOf(agent, dir, `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`));
    // Where nobody vouches for the clock: no timedatectl is found.
    const env = agent.synchronised ? process.env : { ...process.env, PATH: "/nonexistent" };
    const subject = new Subject(dir, { aedes, close, env });
    try {
      await subject.#give(agent);
      await subject.#run();
      return subject;
    } catch (error) {
      await subject.end();
      throw error;
    }
  }

  /** To the agent as its broker would: `retain` set as on a new subscription. */
  async deliver({ topic, payload, retain }: { readonly topic: string; readonly payload: string; readonly retain: boolean }): Promise<void> {
    const packet = { cmd: "publish", topic, payload: Buffer.from(payload), qos: 0, retain, dup: false } as const;
    const [client] = Object.values((this.#aedes as unknown as { readonly clients: Record<string, { publish(packet: object, done: () => void): void }> }).clients);
    if (client === undefined) throw new Error("the agent is not connected");
    await new Promise<void>((resolve) => client.publish(packet, resolve));
  }

  /** null: it does not answer. */
  async seen(): Promise<Seen | null> {
    const status = await new ControlClient(join(this.#dir, "run")).ask("GET", "/status").catch(() => null);
    if (typeof status !== "object" || status === null) return null;
    const { state, effectiveLimitW, limitSource, setpointW, refused } = status as { state: string; effectiveLimitW: number | null; limitSource: string | null; setpointW: number | null; refused: Record<string, { count: number }> };
    return { state, limitW: effectiveLimitW, source: limitSource, setpointW, refused: Object.fromEntries(Object.entries(refused).map(([code, { count }]) => [code, count])) };
  }

  async restart(): Promise<void> {
    await this.#kill();
    await this.#run();
  }

  async end(): Promise<void> {
    await this.#kill();
    await this.#close();
  }

  /** The draws of a rack are its own: the vector's are brought along. */
  async #give({ operator, site, rack, deviceSeed }: Agent): Promise<void> {
    const file = join(this.#dir, "state.json");
    await mkdir(join(this.#dir, "state"), { recursive: true });
    await writeFile(file, stateFile({ operator, node: `site/${site}/rack/${rack}`, at: new Date(0).toISOString(), software: "conformance", logHead: null, deviceKey: null, records: { "signal/seed": deviceSeed } }));
    await new Promise<void>((resolve, reject) => execFile(process.execPath, [program, "state", "import", file, "--config", join(this.#dir, "config.yaml")], (error) => (error === null ? resolve() : reject(error))));
  }

  async #run(): Promise<void> {
    const before = this.#connects;
    this.#child = spawn(process.execPath, [program, "run", "--config", join(this.#dir, "config.yaml"), "--log-level", "error"], { stdio: ["ignore", "ignore", "inherit"], env: this.#env });
    const end = performance.now() + patienceMs;
    while (this.#connects === before || (await this.seen()) === null) {
      if (performance.now() > end) throw new Error("the agent did not connect");
      await pause(50);
    }
  }

  async #kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  #heard(payload: string): void {
    const outer = JSON.parse(payload) as { readonly payload?: string; readonly status?: string; readonly of?: string; readonly code?: string | null };
    const { status = "", of, code = null } = outer.payload === undefined ? outer : (JSON.parse(Buffer.from(outer.payload, "base64url").toString("utf8")) as typeof outer);
    // That an allocation gives way to the next one on its topic is told of the rack's work, as STARTED and SETTLED are.
    if (status === "SUPERSEDED" && of === "ALLOCATION") return;
    if (/^(RECEIVED|ACCEPTED|CANCELLED|SUPERSEDED|OPT_OUT|REJECTED)$/.test(status)) this.acks.push(code === null ? status : `${status}/${code}`);
  }
}

function configOf({ prefix, operator, site, rack, signatures, nominalW, failsafeLimitW, optOut, synchronised }: Agent, dir: string, broker: string): string {
  return stringify({
    version: 1,
    node: { operator, site, rack, nominalW, breakerW: nominalW * 2 },
    grid: { brokers: [broker], prefix, signatures, heartbeat: "required", clock: synchronised ? "assumed" : "kernel", failsafeLimitW, rootKeyFile: join(dir, "root.pub.pem") },
    // A port where nobody listens: the vectors are about documents.
    miners: [{ id: "asic-01", driver: "luxos", address: "127.0.0.1:9", model: "antminer-s19k-pro" }],
    policy: { optOut },
    paths: { state: join(dir, "state"), run: join(dir, "run") },
  });
}
