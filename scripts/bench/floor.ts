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

/** One request on a fresh connection; resolves with the reply at its NUL. Rejects after 30 s, which no round may take. */
export function ask({ host, port }: Target, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, host);
    socket.setTimeout(30_000, () => socket.destroy(new Error(`${host}:${port} does not answer`)));
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunk.at(-1) !== 0) return;
      socket.destroy();
      resolve(Buffer.concat(chunks).toString("latin1"));
    });
    socket.on("end", () => reject(new Error(`${host}:${port} ended without a whole answer`)));
    socket.write(request);
  });
}

const spell = (command: string, parameter?: string): string => JSON.stringify({ command, parameter });

/** One report from each, all at once. */
export async function pollAll(targets: readonly Target[], command: string): Promise<void> {
  await Promise.all(targets.map((target) => ask(target, spell(command))));
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
