/**
 * The product as a few ESM files that can be read, and what they load beside themselves. What a command loads when it is asked for is a file of
 * its own, and all of it ASCII: Node keeps the source of what it runs, and twice as much of it where one character is none.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

/** Debian's name of an architecture, and Node's. */
export const architectures = { amd64: "x64", arm64: "arm64" } as const;
export type Architecture = keyof typeof architectures;

/** Packages with native code, and the file of each that loads it. */
const natives: Readonly<Record<string, RegExp>> = {
  "classic-level": /classic-level\/binding\.js$/,
  "@serialport/bindings-cpp": /bindings-cpp\/dist\/serialport-bindings\.js$/,
};

/** What CommonJS expects, for the packages in the bundle that are; and where the native code lies. */
const banner = `import { createRequire as curtaildRequire } from "node:module";
import { fileURLToPath as curtaildPath } from "node:url";
const require = curtaildRequire(import.meta.url);
const __filename = curtaildPath(import.meta.url);
const __dirname = curtaildPath(new URL(".", import.meta.url));
const curtaildNative = (name) => curtaildPath(new URL("../../native/" + name + "/", import.meta.url));`;

/** A native package looks for its code beside its own files, which the bundle has not got. */
const nativeFromBeside: Plugin = {
  name: "native-from-beside",
  setup(builder) {
    for (const [name, loader] of Object.entries(natives)) {
      builder.onLoad({ filter: loader }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        const contents = text.replace(/\(0, \w+\.join\)\(__dirname, ['"]\.\.\/?['"]\)|__dirname/, `curtaildNative(${JSON.stringify(name)})`);
        if (!contents.includes("curtaildNative")) throw new Error(`${path} loads its native code in a way this file does not know`);
        return { contents, loader: "js" };
      });
    }
  },
};

/** Programs of the checkout have a first line for the shell; as parts of a bundle nobody starts them. */
const withoutFirstLine: Plugin = {
  name: "without-first-line",
  setup(builder) {
    builder.onLoad({ filter: /agent\/cli\/[a-z]+\.ts$/ }, ({ path }) => ({ contents: readFileSync(path, "utf8").replace(/^#!.*/, ""), loader: "ts" }));
  },
};

/** Writes `target`/{package.json, agent/cli/{main.js, parts}, native/…, drivers/…, web/…}: where the code looks for them. */
export async function bundle(root: string, target: string, { version, arch }: { readonly version: string; readonly arch: Architecture }): Promise<void> {
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "package.json"), `${JSON.stringify({ name: "curtaild", version, license: "Apache-2.0", type: "module" }, null, 2)}\n`);
  await build({
    entryPoints: [join(root, "agent/cli/main.ts")],
    // Beside each other: data is found from where code lies.
    outdir: join(target, "agent/cli"),
    splitting: true,
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    charset: "ascii",
    banner: { js: banner },
    plugins: [nativeFromBeside, withoutFirstLine],
    logLevel: "error",
  });
  for (const name of Object.keys(natives)) {
    const from = join(root, "node_modules", name, "prebuilds", `linux-${architectures[arch]}`);
    const to = join(target, "native", name, "prebuilds", `linux-${architectures[arch]}`);
    mkdirSync(to, { recursive: true });
    for (const file of readdirSync(from)) if (!file.includes("musl")) cpSync(join(from, file), join(to, file));
  }
  for (const data of ["drivers/models", "drivers/modbus/profiles"]) cpSync(join(root, data), join(target, data), { recursive: true, filter: (path) => !path.endsWith(".ts") });
  cpSync(join(root, "dist/web"), join(target, "web"), { recursive: true });
}
