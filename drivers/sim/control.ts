import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { SimServer } from "./cgminer-server.ts";
import { FaultError } from "./faults.ts";
import type { Rig } from "./rig.ts";

const BODY_BYTES = 4096;
const ANSWER_BYTES = 8 * 1024 * 1024;
const ANSWER_MS = 5_000;

type Controlled = Pick<Rig, "fault" | "truth" | "counts" | "resetCounts">;

/** The rig's control socket: `POST /fault {id, fault}`, `GET /truth`, `GET /counts`, `POST /counts/reset`, all JSON. */
export function startRigControl(rig: Controlled, where: string | number): Promise<{ server: SimServer; address: string }> {
  const server = createServer((incoming, response) => {
    void route(rig, incoming, response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const listening = (): void => {
      const bound = server.address() as AddressInfo | string;
      const host = typeof bound === "string" ? bound : bound.address;
      const port = typeof bound === "string" ? 0 : bound.port;
      const close = (): Promise<void> =>
        new Promise((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        });
      resolve({ server: { host, port, close }, address: typeof bound === "string" ? bound : `${host}:${port}` });
    };
    if (typeof where === "string") server.listen(where, listening);
    else server.listen(where, "127.0.0.1", listening);
  });
}

async function route(rig: Controlled, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    switch (`${incoming.method ?? ""} ${incoming.url ?? ""}`) {
      case "GET /truth":
        return send(response, 200, rig.truth());
      case "GET /counts":
        return send(response, 200, rig.counts());
      case "POST /counts/reset":
        rig.resetCounts();
        return send(response, 200, { ok: true });
      case "POST /fault": {
        const { id, fault } = wanted(await body(incoming));
        rig.fault(id, fault);
        return send(response, 200, { ok: true });
      }
      default:
        return send(response, 404, { error: "no such request", cure: "GET /truth, GET /counts, POST /counts/reset or POST /fault" });
    }
  } catch (error) {
    const known = error instanceof FaultError || error instanceof SyntaxError;
    send(response, known ? 400 : 500, { error: error instanceof Error ? error.message : String(error) });
  }
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

function wanted(text: string): { id: string; fault: string } {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === "object" && parsed !== null && "id" in parsed && "fault" in parsed) {
    const { id, fault } = parsed;
    if (typeof id === "string" && typeof fault === "string") return { id, fault };
  }
  throw new FaultError('a fault is {"id": DEVICE, "fault": FAULT}');
}

async function body(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES) throw new FaultError(`a request has at most ${BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Asks a rig's control socket, given the `control` of its rig.json. Rejects with a FaultError in the rig's own words when it refuses. */
export function askRig(control: string, method: "GET" | "POST", path: string, question?: unknown): Promise<unknown> {
  const colon = control.lastIndexOf(":");
  const target = control.includes("/") ? { socketPath: control } : { host: control.slice(0, colon), port: Number(control.slice(colon + 1)) };
  return new Promise((resolve, reject) => {
    const sent = request({ ...target, method, path, agent: false, timeout: ANSWER_MS }, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > ANSWER_BYTES) sent.destroy(new Error("the rig's answer is too long"));
        chunks.push(chunk);
      });
      response.on("end", () => {
        try {
          const answer: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
          if (response.statusCode === 200) resolve(answer);
          else reject(new FaultError(errorOf(answer)));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`the rig did not answer within ${ANSWER_MS / 1000} s`)));
    sent.on("error", reject);
    sent.end(question === undefined ? undefined : JSON.stringify(question));
  });
}

const errorOf = (answer: unknown): string =>
  typeof answer === "object" && answer !== null && "error" in answer ? String(answer.error) : "the rig refused without a reason";
