/** The package's own description, and the scripts dpkg runs. */
import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "./bundle.ts";

export interface ControlOptions {
  readonly version: string;
  readonly arch: Architecture;
  readonly withNode: boolean;
  /** KiB, as dpkg counts. */
  readonly size: number;
}

export function writeControl(root: string, target: string, { version, arch, withNode, size }: ControlOptions): void {
  const directory = join(target, "DEBIAN");
  mkdirSync(directory, { recursive: true });
  const node = [...(withNode ? [] : ["nodejs (>= 20.19)"]), "libc6 (>= 2.28)", "libstdc++6 (>= 11)"];
  writeFileSync(join(directory, "control"), [
    "Package: curtaild",
    `Version: ${version}${withNode ? "+node" : ""}`,
    `Architecture: ${arch}`,
    "Maintainer: curtaild authors <curtaild@localhost.invalid>",
    `Installed-Size: ${size}`,
    `Depends: ${[...node, "systemd", "debconf (>= 0.5) | debconf-2.0"].join(", ")}`,
    "Recommends: systemd-timesyncd | time-daemon",
    "Section: net",
    "Priority: optional",
    "Description: keeps a rack of ASIC miners inside its grid allocation",
    " An edge agent that hears the grid operator on MQTT, tells each miner of a rack",
    " what it may draw, and proves on the rack's meter that it does.",
    "",
  ].join("\n"));
  writeFileSync(join(directory, "conffiles"), "/etc/default/curtaild\n");
  for (const script of ["config", "postinst", "prerm", "postrm", "templates"]) {
    cpSync(join(root, "scripts/deb/debian", script), join(directory, script));
    chmodSync(join(directory, script), script === "templates" ? 0o644 : 0o755);
  }
}
