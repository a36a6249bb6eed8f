/** Harmless questions in the language of each family, and the port each is usually asked at. */
import type { Address, ExchangeLimits } from "../cgminer/ask-once.ts";
import { exchange as exchangeTcp } from "../cgminer/wire.ts";
import { exchange as exchangeHttp } from "../http/exchange.ts";
import { exchangeFramed } from "../whatsminer/frame.ts";

export interface Question {
  /** As it stands on the wire, or nearly so. */
  readonly name: string;
  readonly usualPort: number;
  readonly speaks: "rpc" | "http" | "framed";
  readonly ask: (address: Address, limits: ExchangeLimits, signal: AbortSignal) => Promise<string>;
}

const bare = (name: string): Question => ({ name, usualPort: 4028, speaks: "rpc", ask: (address, limits, signal) => exchangeTcp(address, name, limits, signal) });

export const rpc = (command: string): Question => bare(JSON.stringify({ command }));
/** WhatsMiners have another word for it. */
export const btminer = (cmd: string): Question => bare(JSON.stringify({ cmd }));

export function framed(cmd: string): Question {
  const name = JSON.stringify({ cmd });
  return { name, usualPort: 4433, speaks: "framed", ask: (address, limits, signal) => exchangeFramed(address, name, limits, signal) };
}

/** Error pages say nothing; of a login it is kept who wants one. */
export const web = (path: string, usualPort = 80): Question => ({
  name: `GET ${path}`,
  usualPort,
  speaks: "http",
  ask: async (address, limits, signal) => {
    const { status, headers, body } = await exchangeHttp(address, { method: "GET", path }, limits, signal);
    return status >= 200 && status <= 299 ? body : `HTTP ${status} ${headers["www-authenticate"] ?? ""}`.trim();
  },
});
