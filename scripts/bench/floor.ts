/** What the machine and the simulators allow: the same requests from a bare node:net loop, without deadlines, parser or plan. */
import { connect } from "node:net";

export interface Target {
  readonly host: string;
  readonly port: number;
}

export function targetOf({ address }: { readonly address: string }): Target {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

type IsWhole = (reply: Buffer) => boolean;
const byNul: IsWhole = (reply) => reply.at(-1) === 0;

/** One request on a fresh connection; resolves with the reply when it is whole or the miner has ended it. Rejects after 30 s, which no round may take. */
export function ask({ host, port }: Target, request: string | Buffer, isWhole = byNul): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, host);
    socket.setTimeout(30_000, () => socket.destroy(new Error(`${host}:${port} does not answer`)));
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (isWhole(chunks.length === 1 ? chunk : Buffer.concat(chunks))) whole();
    });
    const whole = (): void => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString("latin1"));
    };
    socket.on("end", () => (chunks.length > 0 ? whole() : reject(new Error(`${host}:${port} ended without an answer`))));
    socket.write(request);
  });
}

const spell = (command: string, parameter?: string): string => JSON.stringify({ command, parameter });

/** One report from each, all at once. */
export async function pollAll(targets: readonly Target[], command: string): Promise<void> {
  await Promise.all(targets.map((target) => ask(target, spell(command))));
}

/** One report of each firmware, in its own framing. */
const REPORTS_OF: Readonly<Record<string, readonly [request: string | Buffer, isWhole?: IsWhole]>> = {
  antminer: [spell("summary")],
  braiins: [spell("summary")],
  vnish: ["GET /api/v1/summary HTTP/1.1\r\nHost: miner\r\nConnection: close\r\n\r\n", () => false],
  "whatsminer-v2": [JSON.stringify({ cmd: "summary" }), (reply) => reply.at(-1) === 0x7d || byNul(reply)],
  "whatsminer-v3": [framed(JSON.stringify({ cmd: "get.device.info" })), (reply) => reply.length >= 4 && reply.length >= 4 + reply.readUInt32LE(0)],
};

function framed(text: string): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([head, Buffer.from(text)]);
}

/** As many reports as a poll of that firmware takes from each, one after the other; all machines at once. LuxOS answers all of its in `joined`. */
export async function pollMixed(asics: readonly { readonly address: string; readonly driver: string }[], requestsOf: Readonly<Record<string, number>>, joined: string): Promise<void> {
  await Promise.all(asics.map(async (asic) => {
    const [request, isWhole] = REPORTS_OF[asic.driver] ?? [spell(joined)];
    for (let left = Math.round(requestsOf[asic.driver] ?? 0); left > 0; left -= 1) await ask(targetOf(asic), request, isWhole);
  }));
}

/** What one order sends between logon and logoff: `[command, everything after the session]`. */
export type Writes = readonly (readonly [command: string, rest: string])[];

/** The same order to each, all at once; within one ASIC one request after the other, as its API demands. */
export async function orderAll(targets: readonly Target[], writes: Writes): Promise<void> {
  await Promise.all(targets.map((target) => order(target, writes)));
}

async function order(target: Target, writes: Writes): Promise<void> {
  const session = /"SessionID":\s*"([^"]+)"/.exec(await ask(target, spell("logon")))?.[1];
  if (session === undefined) throw new Error(`${target.host} gives no session`);
  for (const [command, rest] of writes) await ask(target, spell(command, `${session},${rest}`));
  await ask(target, spell("logoff", session));
}
