/** A report in the format that was asked for. */
import { reportCsv } from "./csv.ts";
import type { ReportFacts } from "./facts.ts";
import { reportHtml } from "./html.ts";
import { reportOcmf, type OcmfOptions } from "./ocmf.ts";
import { withSignature, type FileSeal, type ReportFormat } from "./signed.ts";

export interface Signing {
  /** Signs a file's seal with the device key. */
  readonly seal: (payload: string) => string;
  readonly publicKey: object | null;
  /** Signs OCMF with the key for energy records. */
  readonly ocmf: OcmfOptions["sign"];
}

export function renderReport(facts: ReportFacts, format: ReportFormat, { seal, publicKey, ocmf }: Signing): string {
  const { operator, node, software, at } = facts;
  return withSignature(bodyOf(facts, format, { node, software, sign: ocmf }), format, (sha256) => {
    const document: FileSeal = { v: 1, type: "FILE", format, sha256, at, operator, node, key: publicKey };
    return seal(JSON.stringify(document));
  });
}

function bodyOf(facts: ReportFacts, format: ReportFormat, ocmf: OcmfOptions): string {
  switch (format) {
    case "html": return reportHtml(facts);
    case "csv": return reportCsv(facts);
    case "ocmf": return reportOcmf(facts.intervals, ocmf);
    // A member stands on each line; the signature is the last.
    case "json": return `{\n"report":${JSON.stringify(facts)},\n`;
  }
}
