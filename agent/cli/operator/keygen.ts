/** `operator keygen`: a key pair to sign with. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Command } from "commander";
import { commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { messageOf } from "../../runtime/errors.ts";

interface KeygenOptions {
  readonly es256?: true;
}

export function keygenCommand(): Command {
  return new Command("keygen")
    .description("make a key pair: NAME.key.pem for you alone, NAME.pub.pem to give away")
    .argument("<name>", "path and name of the files, as keys/root or keys/grid-1")
    .option("--es256", "an ECDSA key on P-256 instead of Ed25519")
    .action(async (name: string, { es256 }: KeygenOptions, command: Command) => {
      const { privateKey, publicKey } = es256 === true ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
      const files = { private: `${name}.key.pem`, public: `${name}.pub.pem` };
      try {
        await mkdir(dirname(name), { recursive: true });
        await writeFile(files.private, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
        await writeFile(files.public, publicKey.export({ type: "spki", format: "pem" }), { mode: 0o644, flag: "wx" });
      } catch (error) {
        throw new Failure(exit.badInput, `no key was made: ${messageOf(error)}. A key that is there is never overwritten.`);
      }
      const fingerprint = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("hex");
      if (commonOptions(command).json === true) printJson({ ...files, fingerprint });
      else print(`${files.private}  keep it to yourself`, `${files.public}  fingerprint ${fingerprint}`);
    });
}
