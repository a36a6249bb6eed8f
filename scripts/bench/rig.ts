import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RigOptions } from "../../drivers/sim/rig.ts";
import { endProcess, owned } from "./processes.ts";
import type { RigAnswer, RigQuestion, RigTold, Tally } from "./rig-process.ts";

/** The reply time of a simulated miner's API. */
export const LATENCY_MS = 25;
const START_MS = 20_000;
const ANSWER_MS = 10_000;

/** Simulated miners and PDUs in a process of their own, each miner on its own loopback address. */
export class BenchRig implements AsyncDisposable {
  readonly asics: RigTold["asics"];
  readonly pdus: RigTold["pdus"];
  readonly nominalW: number;
  readonly #child: ChildProcess;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(child: ChildProcess, told: RigTold) {
    this.#child = child;
    this.asics = told.asics;
    this.pdus = told.pdus;
    this.nominalW = told.nominalW;
  }

  static async start(options: RigOptions): Promise<BenchRig> {
    const path = fileURLToPath(new URL("./rig-process.js", import.meta.url));
    const child = owned(fork(path, [JSON.stringify({ latencyMs: LATENCY_MS, ownAddresses: true, ...options })], { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] }));
    try {
      const [told] = (await once(child, "message", { signal: AbortSignal.timeout(START_MS) })) as [RigTold];
      return new BenchRig(child, told);
    } catch (error) {
      await endProcess(child);
      throw new Error(`the simulators of ${options.asics} ASICs did not start`, { cause: error });
    }
  }

  tally(): Promise<Tally> {
    return this.#ask({ ask: "tally" });
  }

  /** Counts from zero again. Returns what stood there after. */
  reset(): Promise<Tally> {
    return this.#ask({ ask: "reset" });
  }

  async fault(ids: readonly string[], fault: string): Promise<void> {
    await this.#ask({ ask: "fault", ids, fault });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child);
  }

  /** One question at a time: answers carry no name. */
  #ask(question: RigQuestion): Promise<Tally> {
    const answer = this.#turn.then(async () => {
      const answered = once(this.#child, "message", { signal: AbortSignal.timeout(ANSWER_MS) });
      this.#child.send(question);
      const [{ tally }] = (await answered) as [RigAnswer];
      return tally;
    });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }
}
