import { createServer, type Socket } from "node:net";
import { listen, type SimServer } from "./cgminer-server.ts";

/** What `curtailctl dump` writes. */
export interface Dump {
  readonly driver: string;
  readonly model: string;
  readonly exchanges: readonly DumpedExchange[];
}

interface DumpedExchange {
  readonly server: "api" | "web";
  readonly framing: "bare" | "length" | "http";
  readonly question: string;
  readonly status: number | null;
  readonly answer: string;
}

/** Fields of a request that differ each time and are not in a dump. */
const UNASKED = new Set(["token", "ts", "account"]);
const MOST_BYTES = 64 * 1024;

/** A machine that answers as a real one once did, and obeys nothing. */
export async function startReplay({ exchanges }: Dump, host = "127.0.0.1"): Promise<{ readonly api: SimServer; readonly web: SimServer }> {
  const of = (server: "api" | "web") => exchanges.filter((exchange) => exchange.server === server);
  return { api: await startOne(of("api"), host), web: await startOne(of("web"), host) };
}

function startOne(exchanges: readonly DumpedExchange[], host: string): Promise<SimServer> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    let asked = Buffer.alloc(0);
    clients.add(client);
    client.on("error", () => {}).on("close", () => clients.delete(client));
    client.on("data", (chunk: Buffer) => {
      asked = Buffer.concat([asked, chunk]);
      const question = questionOf(asked);
      if (question !== null) client.end(answerTo(question, exchanges));
      else if (asked.length > MOST_BYTES) client.destroy();
    });
  });
  return listen(server, { host, port: 0 }, () => {
    for (const client of clients) client.destroy();
  });
}

/** null: not whole yet. */
function questionOf(bytes: Buffer): string | null {
  const text = bytes.toString("utf8");
  const [, method, path] = /^([A-Z]+) (\/[^ ?]*)[^ ]* HTTP\//.exec(text) ?? [];
  if (method !== undefined) return text.includes("\r\n\r\n") ? `${method} ${path}` : null;
  if (/^[A-Z]* ?$/.test(text)) return null;
  if (bytes[0] === 0x7b) return plain(text);
  return bytes.length > 4 && bytes.readUInt32LE(0) === bytes.length - 4 ? plain(bytes.toString("utf8", 4)) : null;
}

function plain(text: string): string {
  try {
    return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).filter(([key]) => !UNASKED.has(key))));
  } catch {
    return text;
  }
}

function answerTo(question: string, exchanges: readonly DumpedExchange[]): Buffer {
  const found = exchanges.find((exchange) => exchange.question === question);
  const framing = found?.framing ?? exchanges[0]?.framing ?? "bare";
  const answer = Buffer.from(found?.answer ?? '{"STATUS":[{"STATUS":"E","Code":14,"Msg":"Invalid command"}],"id":1}', "utf8");
  switch (framing) {
    case "bare":
      return answer;
    case "length": {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(answer.length);
      return Buffer.concat([head, answer]);
    }
    case "http":
      return Buffer.concat([Buffer.from(`HTTP/1.1 ${found?.status ?? 404} \r\ncontent-length: ${answer.length}\r\nconnection: close\r\n\r\n`), answer]);
  }
}
