/** A real mosquitto with the configuration, access list and certificates that docs/mosquitto gives to operators. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/free-port.ts";

const given = (file: string): string => fileURLToPath(new URL(`../../../docs/mosquitto/${file}`, import.meta.url));
/** Debian's is in sbin, where not everybody looks. */
const MOSQUITTO = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"].find((path) => existsSync(path));
const works = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: "ignore" }).status === 0;

export const skipMosquitto: string | false = MOSQUITTO === undefined || !works("openssl", "version") ? "needs Debian's mosquitto and openssl: apt-get install mosquitto openssl" : false;

export interface TlsOf {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export class Broker implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), "curtaild-mosquitto-"));
  readonly url: string;
  readonly #config: string;
  #child: ChildProcess | null = null;

  private constructor(port: number, { tls }: { readonly tls: boolean }) {
    this.url = `${tls ? "mqtts" : "mqtt"}://127.0.0.1:${port}`;
    this.#config = join(this.dir, "mosquitto.conf");
    const secure = readFileSync(given("mosquitto.conf"), "utf8").replace("listener 8883", `listener ${port} 127.0.0.1`).replaceAll("/etc/mosquitto/certs", join(this.dir, "certs")).replaceAll("/etc/mosquitto/acl", join(this.dir, "acl")).replaceAll("/var/lib/mosquitto/", `${this.dir}/`);
    // Started by root, mosquitto becomes a user who may not read our directory.
    const user = process.getuid?.() === 0 ? "user root\n" : "";
    writeFileSync(this.#config, tls ? user + secure : `${user}listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${this.dir}/\n`);
    if (!tls) return;
    writeFileSync(join(this.dir, "acl"), readFileSync(given("acl")), { mode: 0o600 });
    execFileSync(given("certificates.sh"), [join(this.dir, "certs"), "127.0.0.1", "operator", "watch", "site/s1/rack/r1", "site/s1/rack/r2"], { stdio: "ignore" });
  }

  static async start(how: { readonly tls: boolean }): Promise<Broker> {
    const broker = new Broker(await freePort(), how);
    await broker.up();
    return broker;
  }

  file(name: string): string {
    return join(this.dir, "certs", name);
  }

  /** Contents of the files of one holder: `operator`, `watch`, `site-s1-rack-r1`. */
  tls(holder: string): TlsOf {
    const read = (name: string): string => readFileSync(this.file(name), "utf8");
    return { ca: read("ca.pem"), cert: read(`${holder}.pem`), key: read(`${holder}.key.pem`) };
  }

  async up(): Promise<void> {
    const child = spawn(MOSQUITTO ?? "mosquitto", ["-c", this.#config], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    for (let tries = 0; !said.includes("running"); tries += 1) {
      if (child.exitCode !== null || tries > 200) throw new Error(`mosquitto did not start: ${said}`);
      await pause(10);
    }
  }

  /** By SIGTERM it writes down what it retains. */
  async down(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
