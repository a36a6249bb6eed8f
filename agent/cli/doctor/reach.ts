/** Whether something listens at an address, and in whose way it stands when not. */
import { connect } from "node:net";
import type { Address } from "../../config/address.ts";

const timeoutMs = 3_000;

/** null: it listens; else what was seen and what it means. */
export function unreached({ host, port }: Address): Promise<{ readonly text: string; readonly cure: string } | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (found: { text: string; cure: string } | null): void => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(timeoutMs, () => end({ text: "no answer", cure: "No power, no network, or a firewall in between: look at its lamps and its switch port, and ping it." }));
    socket.on("connect", () => end(null));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => end(meanings[code ?? ""] ?? { text: code ?? "no connection", cure: "Check the address and the network." }));
  });
}

const meanings: Readonly<Record<string, { readonly text: string; readonly cure: string }>> = {
  ECONNREFUSED: { text: "the machine is there, and nothing listens on this port", cure: "Its API is off, still starting, or on another port: look at its web page." },
  EHOSTUNREACH: { text: "no machine has this address", cure: "No power, another address (DHCP), or another network: find it with curtailctl discover." },
  ENETUNREACH: { text: "no way leads to this network", cure: "This controller's own network: ip address, ip route." },
  ENOTFOUND: { text: "the name is not known", cure: "Check the name, and the resolver: resolvectl query NAME." },
  EAI_AGAIN: { text: "no resolver answers", cure: "Check this controller's resolver (/etc/resolv.conf), or use an address instead of a name." },
};
