/** The other end of the control sockets: asks the daemon, and says why when it cannot. */
import { request, type IncomingMessage } from "node:http";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { proofHeader } from "../link/control-proof.ts";
import { exit, Failure, type ExitCode } from "./exit.ts";
import { messageOf } from "../runtime/errors.ts";

const answerTimeoutMs = 15_000;
const largestAnswer = 16_777_216;

/** Orders; everything else is looking. */
export type OrderMethod = "POST" | "DELETE";

export class ControlClient {
  readonly #directory: string;

  /** `directory`: where look.sock and act.sock are. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Resolves with the answer's JSON. Rejects with a Failure: 69 when there is no daemon, 77 when we may not, else as the daemon's refusal says. */
  async ask(method: "GET", path: string): Promise<unknown> {
    return answered(await this.#open(method, path, { timeoutMs: answerTimeoutMs }));
  }

  /** As `ask`, for what changes something; the daemon is shown who orders it. Commands come here by `order` of asking.ts, which says first what will happen. */
  async order(method: OrderMethod, path: string, body: object): Promise<unknown> {
    const proof = await this.#prove();
    return answered(await this.#open(method, path, { body, proof, timeoutMs: answerTimeoutMs }));
  }

  /** Calls `hear` for each event of a stream; resolves when the stream ends or `signal` aborts. */
  async follow(path: string, hear: (event: unknown) => void, signal: AbortSignal): Promise<void> {
    const response = await this.#open("GET", path, { timeoutMs: 0 });
    if (response.statusCode !== 200) throw refusal(response.statusCode ?? 500, await readAnswer(response));
    const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
    const stop = (): void => {
      lines.close();
      response.destroy();
    };
    signal.addEventListener("abort", stop, { once: true });
    response.on("error", stop);
    try {
      for await (const line of lines) {
        if (line.startsWith("data: ")) hear(JSON.parse(line.slice("data: ".length)));
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Shows the daemon who we are: only we can make a file that is ours. */
  async #prove(): Promise<string> {
    const { word, file } = (await answered(await this.#open("POST", "/proof", { timeoutMs: answerTimeoutMs }))) as { word: string; file: string };
    await writeFile(file, word, { flag: "wx", mode: 0o644 }).catch((error: NodeJS.ErrnoException) => {
      throw new Failure(exit.notPermitted, `cannot prove who you are: ${file} cannot be written (${error.code ?? error.message}). Ask on the machine the daemon runs on, and check that /run is not full.`, { cause: error });
    });
    return word;
  }

  #open(method: "GET" | OrderMethod, path: string, { body, proof, timeoutMs }: { body?: object | undefined; proof?: string | null; timeoutMs: number }): Promise<IncomingMessage> {
    const socketPath = join(this.#directory, method === "GET" ? "look.sock" : "act.sock");
    const text = body === undefined ? "" : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const asking = request({ socketPath, method, path, timeout: timeoutMs, headers: { host: "curtaild", "content-type": "application/json", "content-length": Buffer.byteLength(text), ...(proof != null && { [proofHeader]: proof }) } }, resolve);
      asking.on("timeout", () => asking.destroy(new Error(`no answer within ${answerTimeoutMs / 1_000} s`)));
      asking.on("error", (error: NodeJS.ErrnoException) => reject(unreachable(socketPath, error)));
      asking.end(text);
    });
  }
}

async function answered(response: IncomingMessage): Promise<unknown> {
  const answer = await readAnswer(response);
  if (response.statusCode === 200) return answer;
  throw refusal(response.statusCode ?? 500, answer);
}

function unreachable(socket: string, error: NodeJS.ErrnoException): Failure {
  switch (error.code) {
    case "ENOENT":
      return new Failure(exit.unreachable, `no daemon answers: there is no ${socket}. Start it (systemctl start curtaild), or name its run directory with --socket DIR.`, { cause: error });
    case "ECONNREFUSED":
      return new Failure(exit.unreachable, `no daemon answers on ${socket}: it has ended. Start it (systemctl start curtaild) and see why with journalctl -u curtaild.`, { cause: error });
    case "EACCES":
    case "EPERM":
      return new Failure(exit.notPermitted, `you may not open ${socket}: join its group (see ls -l), or use sudo.`, { cause: error });
    default:
      return new Failure(exit.unreachable, `the daemon behind ${socket} does not answer: ${error.message}. See journalctl -u curtaild.`, { cause: error });
  }
}

const codes: Readonly<Record<number, ExitCode>> = { 400: exit.usage, 403: exit.notPermitted, 404: exit.usage, 405: exit.usage, 409: exit.notConfirmed, 413: exit.usage, 503: exit.unreachable };

function refusal(status: number, answer: unknown): Failure {
  const { error, cure } = typeof answer === "object" && answer !== null ? (answer as { error?: unknown; cure?: unknown }) : {};
  const text = typeof error === "string" ? error : `the daemon answered ${status}`;
  return new Failure(codes[status] ?? exit.bug, typeof cure === "string" ? `${text}. ${cure}` : text);
}

async function readAnswer(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > largestAnswer) throw new Error(`more than ${largestAnswer} bytes`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch (error) {
    throw new Failure(exit.unreachable, `the daemon's answer cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
