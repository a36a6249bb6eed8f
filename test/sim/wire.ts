import { connect } from "node:net";

/** What a raw client saw of one exchange. */
export interface Seen {
  readonly bytes: Buffer;
  /** `end`: the server ended its direction; `reset`: it broke off; `deadline`: we gave up. */
  readonly how: "end" | "reset" | "deadline";
  readonly ms: number;
}

export interface Exchange {
  /** Sent one after the other, the later ones after `gapMs`. */
  readonly parts: readonly (string | Buffer)[];
  readonly gapMs?: number;
  readonly deadlineMs?: number;
  /** Stop reading after so many bytes. */
  readonly enough?: number;
}

/** One connection by bare hands: `address` is HOST:PORT. */
export function exchange(address: string, { parts, gapMs = 20, deadlineMs = 2000, enough = Infinity }: Exchange): Promise<Seen> {
  const [host = "", port = ""] = address.split(":");
  return new Promise((resolve) => {
    const began = performance.now();
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (how: Seen["how"]): void => {
      clearTimeout(deadline);
      for (const timer of later) clearTimeout(timer);
      socket.destroy();
      resolve({ bytes: Buffer.concat(chunks), how, ms: performance.now() - began });
    };
    const deadline = setTimeout(finish, deadlineMs, "deadline");
    const later: NodeJS.Timeout[] = [];
    const socket = connect({ host, port: Number(port), allowHalfOpen: true }, () => {
      parts.forEach((part, index) => {
        if (index === 0) socket.write(part);
        else later.push(setTimeout(() => socket.write(part), index * gapMs));
      });
    });
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= enough) finish("deadline");
    });
    socket.on("end", () => finish("end"));
    socket.on("error", () => finish("reset"));
  });
}

export const askText = async (address: string, request: string, deadlineMs = 2000): Promise<string> =>
  (await exchange(address, { parts: [request], deadlineMs })).bytes.toString("utf8");

interface Reply {
  readonly STATUS: readonly { readonly STATUS: string; readonly Code: number; readonly Msg: string }[];
  readonly [section: string]: unknown;
}

/** One JSON command, its reply parsed. Throws when it does not end in a NUL. */
export async function askJson(address: string, command: string, parameter?: string): Promise<Reply> {
  const text = await askText(address, JSON.stringify(parameter === undefined ? { command } : { command, parameter }));
  if (!text.endsWith("\0")) throw new Error(`no NUL at the end of ${JSON.stringify(text)}`);
  return JSON.parse(text.slice(0, -1)) as Reply;
}

/** The only item of a section. */
export function itemOf(reply: Readonly<Record<string, unknown>>, section: string, index = 0): Record<string, unknown> {
  const items = reply[section];
  if (!Array.isArray(items) || typeof items[index] !== "object") throw new Error(`no ${section} in ${JSON.stringify(reply)}`);
  return items[index] as Record<string, unknown>;
}
