/**
 * A file that carries its own signature: on its last line stands what signs the SHA-256 of all bytes before that line, in a form
 * the file's format lets stand there.
 */
import { hash } from "node:crypto";

export type ReportFormat = "html" | "json" | "csv" | "ocmf";

/** What is signed. */
export interface FileSeal {
  readonly v: 1;
  readonly type: "FILE";
  readonly format: ReportFormat;
  /** Of all bytes before the last line. */
  readonly sha256: string;
  readonly at: string;
  readonly operator: string;
  readonly node: string;
  /** The public half of the key that signs: whose it is, the rack's card says. */
  readonly key: object | null;
}

/** What stands around the signature on the last line. */
const AROUND: Readonly<Record<ReportFormat, readonly [string, string]>> = {
  html: ["<!-- signature ", " -->"],
  json: ['"signature":', "}"],
  csv: ["# signature ", ""],
  ocmf: ["# signature ", ""],
};

/** `body` ends in a line feed. */
export function withSignature(body: string, format: ReportFormat, sign: (sha256: string) => string): string {
  const [before, after] = AROUND[format];
  return `${body}${before}${sign(hash("sha256", body, "hex"))}${after}\n`;
}

export interface SignedFile {
  /** Formats that carry it so. */
  readonly formats: readonly ReportFormat[];
  readonly sha256: string;
  readonly signature: string;
}

/** Parts a file at its last line; null: it carries no signature of ours, in exactly the form it was given. */
export function partFile(text: Buffer): SignedFile | null {
  if (text.at(-1) !== 10) return null;
  const start = text.lastIndexOf(10, text.length - 2) + 1;
  const line = text.toString("utf8", start, text.length - 1);
  const fitting = (Object.entries(AROUND) as [ReportFormat, readonly [string, string]][]).filter(([, [before, after]]) => line.startsWith(`${before}{`) && line.endsWith(`}${after}`));
  const [first] = fitting;
  if (first === undefined) return null;
  const [before, after] = first[1];
  const signature = line.slice(before.length, line.length - after.length);
  return { formats: fitting.map(([format]) => format), sha256: hash("sha256", text.subarray(0, start), "hex"), signature };
}
