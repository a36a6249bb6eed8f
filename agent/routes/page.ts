/** The status page as it was built: one file, with its script and its styles in it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Page } from "../link/web.ts";

/** The same step from the compiled tree and from the package. */
const built = new URL("../../web/index.html", import.meta.url);

/** Rejects when it was not built. */
export async function loadPage(file = built): Promise<Page> {
  const html = await readFile(file);
  const hashes = (tag: string): string => [...html.toString().matchAll(new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, "g"))].map(([, text = ""]) => ` 'sha256-${createHash("sha256").update(text).digest("base64")}'`).join("");
  return {
    html,
    gzip: await promisify(gzip)(html, { level: 9 }),
    tag: `"${createHash("sha256").update(html).digest("hex").slice(0, 32)}"`,
    // The script and the styles in the file, by their hashes; figures from here; nothing from anywhere else.
    policy: `default-src 'none'; script-src${hashes("script")}; style-src${hashes("style")}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
}
