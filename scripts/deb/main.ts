/** `npm run deb [-- --arch amd64|arm64] [--with-node] [--out DIR]`: the Debian package, the same bytes from the same input. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { messageOf } from "../../agent/runtime/errors.ts";
import { architectures, bundle, type Architecture } from "./bundle.ts";
import { writeControl } from "./control.ts";
import { layOut } from "./tree.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const usage = `npm run deb [-- --arch amd64|arm64] [--with-node] [--out DIR]
  --arch ARCH   one architecture; both without it
  --with-node   with a Node of its own (from the npm registry), for systems whose own is older than 20.19
  --out DIR     where the packages and their SBOMs go; build/ without it
SOURCE_DATE_EPOCH is the time of everything in them; the last commit's without it.
`;
const values = asked();
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
/** The LTS line a package of its own Node is made with, from the npm registry. */
const ownNode = "24";

function asked() {
  try {
    const { values: { help, ...rest } } = parseArgs({ options: { help: { type: "boolean", default: false }, arch: { type: "string" }, "with-node": { type: "boolean", default: false }, out: { type: "string", default: join(root, "build") } } });
    if (rest.arch !== undefined && !(rest.arch in architectures)) throw new Error(`--arch is one of ${Object.keys(architectures).join(", ")}`);
    if (!help) return rest;
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${usage}`);
    process.exit(64);
  }
}

const output = (command: string, args: readonly string[], cwd = root): string => execFileSync(command, args, { cwd, encoding: "utf8", maxBuffer: 67_108_864, stdio: ["ignore", "pipe", "inherit"] });
const epoch = Number(process.env["SOURCE_DATE_EPOCH"] ?? output("git", ["log", "-1", "--format=%ct"]).trim());

/** The list of everything in the bundle; serial and time follow from the input. */
function sbom(): string {
  const list = JSON.parse(output("npm", ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"])) as { serialNumber: string; metadata: { timestamp: string } };
  const digest = createHash("sha256").update(version).update(readFileSync(join(root, "package-lock.json"))).digest("hex");
  list.serialNumber = `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  list.metadata.timestamp = new Date(epoch * 1000).toISOString();
  return `${JSON.stringify(list, null, 1)}\n`;
}

function installNode(arch: Architecture, target: string): void {
  const scratch = mkdtempSync(join(tmpdir(), "curtaild-node-"));
  try {
    const packed = output("npm", ["pack", "--silent", `node-linux-${architectures[arch]}@${ownNode}`], scratch).trim();
    output("tar", ["-xzf", packed], scratch);
    mkdirSync(target, { recursive: true });
    copyFileSync(join(scratch, "package/bin/node"), join(target, "node"));
    chmodSync(join(target, "node"), 0o755);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Directories and files get one time and plain modes, whoever builds; resolves with the size in bytes. */
function normalise(path: string): number {
  const entry = lstatSync(path);
  const size = entry.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + normalise(join(path, name)), 4_096) : entry.size;
  chmodSync(path, entry.isDirectory() || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644);
  utimesSync(path, epoch, epoch);
  return size;
}

async function pack(arch: Architecture, list: string): Promise<string> {
  const stage = mkdtempSync(join(tmpdir(), "curtaild-deb-"));
  try {
    const withNode = values["with-node"];
    await bundle(root, join(stage, "usr/lib/curtaild"), { version, arch });
    if (withNode) installNode(arch, join(stage, "usr/lib/curtaild/bin"));
    await layOut(root, stage, { version, epoch, node: withNode ? "/usr/lib/curtaild/bin/node" : "/usr/bin/node", sbom: list });
    writeControl(root, stage, { version, arch, withNode, size: Math.ceil(normalise(stage) / 1024) });
    normalise(stage);
    const file = join(resolve(values.out), `curtaild_${version}${withNode ? "+node" : ""}_${arch}.deb`);
    mkdirSync(resolve(values.out), { recursive: true });
    // Node is 120 MB: more than a little xz takes minutes. One thread, because the bytes depend on how many there are.
    execFileSync("dpkg-deb", ["--root-owner-group", "-Zxz", ...(withNode ? ["-z1"] : []), "--build", stage, file], { env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch), DPKG_DEB_THREADS_MAX: "1" }, stdio: ["ignore", "ignore", "inherit"] });
    return file;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

const wanted = values.arch === undefined ? (Object.keys(architectures) as Architecture[]) : [values.arch as Architecture];
const list = sbom();
for (const arch of wanted) {
  const file = await pack(arch, list);
  writeFileSync(`${file.slice(0, -".deb".length)}.cdx.json`, list);
  console.log(`${createHash("sha256").update(readFileSync(file)).digest("hex")}  ${file}`);
}
