import { createPublicKey, type JsonWebKey } from "node:crypto";
import { Command } from "commander";
import { client, commonOptions, print, printJson } from "../asking.ts";
import type { Card } from "../operator/card.ts";

/** `device-key`: the public half of the key this rack signs with. */
export function deviceKeyCommand(): Command {
  return new Command("device-key").description("the key this rack signs with: its id, fingerprint and public half").action(async (_options: object, command: Command) => {
    const { kid, fingerprint, key } = (await client(command).ask("GET", "/card")) as Card;
    const publicKey = createPublicKey({ key: key as JsonWebKey, format: "jwk" }).export({ type: "spki", format: "pem" }).toString();
    if (commonOptions(command).json === true) printJson({ kid, fingerprint, publicKey });
    else print(`kid          ${kid}`, `fingerprint  ${fingerprint}`, publicKey.trimEnd());
  });
}
