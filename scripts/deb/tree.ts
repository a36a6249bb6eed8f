/** The package's files besides the bundle, each with its mode, as they lie on the machine. */
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { nodeFlagsOf } from "../first-line.ts";
import { programs } from "./commands.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "./completions.ts";
import { manualPage } from "./manual.ts";

export interface TreeOptions {
  readonly version: string;
  /** Seconds since 1970: the time of everything in the package. */
  readonly epoch: number;
  /** The Node that runs it. */
  readonly node: string;
  readonly sbom: string;
}

type Put = (path: string, content: string | Buffer, mode?: number) => void;

const putting = (target: string): Put => (path, content, mode = 0o644) => {
  const file = join(target, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
};

const dayOf = (epoch: number): string => new Date(epoch * 1000).toISOString().slice(0, 10);

/** Manual pages and completions below `target`/share; `zsh`: where that shell looks there. */
export async function layOutShare(target: string, { version, epoch, zsh }: Pick<TreeOptions, "version" | "epoch"> & { readonly zsh: "vendor-completions" | "site-functions" }): Promise<void> {
  const put = putting(join(target, "share"));
  for (const program of await programs()) {
    const { name } = program;
    const section = name === "curtaild" ? 8 : 1;
    put(`man/man${section}/${name}.${section}.gz`, gzipSync(manualPage(program, { section, version, date: dayOf(epoch) }), { level: 9 }));
    put(`bash-completion/completions/${name}`, bashCompletion(program));
    put(`zsh/${zsh}/_${name}`, zshCompletion(program));
    put(`fish/vendor_completions.d/${name}.fish`, fishCompletion(program));
  }
}

export async function layOut(root: string, target: string, { version, epoch, node, sbom }: TreeOptions): Promise<void> {
  const put = putting(target);
  const copy = (from: string, to: string): void => put(to, readFileSync(join(root, from)));
  for (const name of ["curtaild", "curtailctl"]) {
    put(`usr/bin/${name}`, `#!/bin/sh\nexec ${[node, ...nodeFlagsOf(join(root, "agent/cli", `${name}.ts`))].join(" ")} /usr/lib/curtaild/agent/cli/main.js ${name} "$@"\n`, 0o755);
  }
  await layOutShare(join(target, "usr"), { version, epoch, zsh: "vendor-completions" });
  for (const unit of ["curtaild.service", "curtaild@.service"]) {
    put(`usr/lib/systemd/system/${unit}`, readFileSync(join(root, "systemd", unit), "utf8").replace("ExecStart=curtaild ", "ExecStart=/usr/bin/curtaild "));
  }
  copy("systemd/curtaild.sysusers", "usr/lib/sysusers.d/curtaild.conf");
  copy("systemd/curtaild.tmpfiles", "usr/lib/tmpfiles.d/curtaild.conf");
  copy("scripts/deb/debian/default", "etc/default/curtaild");
  copy("scripts/deb/debian/copyright", "usr/share/doc/curtaild/copyright");
  copy("docs/config.schema.json", "usr/share/doc/curtaild/config.schema.json");
  for (const page of ["install.md", "runbook.md"]) put(`usr/share/doc/curtaild/${page}.gz`, gzipSync(readFileSync(join(root, "docs", page)), { level: 9 }));
  put("usr/share/doc/curtaild/changelog.gz", gzipSync(changelog(version, epoch), { level: 9 }));
  put("usr/share/doc/curtaild/sbom.cdx.json.gz", gzipSync(sbom, { level: 9 }));
  put("usr/share/lintian/overrides/curtaild", `${overrides}${node.startsWith("/usr/lib/curtaild") ? "# Node as nodejs.org builds it.\ncurtaild binary: embedded-library zlib *\n" : ""}`);
  cpSync(join(root, "LICENSE"), join(target, "usr/share/doc/curtaild/LICENSE"));
}

function changelog(version: string, epoch: number): string {
  const when = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  return `curtaild (${version}) unstable; urgency=medium\n\n  * See CHANGELOG.md of the source for what users see.\n\n -- curtaild authors <curtaild@localhost.invalid>  ${when}\n`;
}

/** What lintian asks of distributions and a vendor's package cannot answer. */
const overrides = `# The native code comes prebuilt from the npm packages named in the SBOM, as its makers stripped and hardened it.
curtaild binary: unstripped-binary-or-object
curtaild binary: hardening-no-fortify-functions
`;
