// The status page as one file: page/index.html with its script and its styles in it. Part of `npm run build`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { script: "page/main.ts", styles: "page/page.css" },
  outdir: "dist/web",
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  target: ["chrome100", "firefox100", "safari15.4"],
  charset: "utf8",
  legalComments: "inline",
  logLevel: "warning",
});
const part = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text.trim().replaceAll("</script", "<\\/script");
const html = readFileSync(`${root}page/index.html`, "utf8").replace("<!-- styles -->", () => part(".css")).replace("<!-- script -->", () => part(".js"));
mkdirSync(`${root}dist/web`, { recursive: true });
writeFileSync(`${root}dist/web/index.html`, html);
