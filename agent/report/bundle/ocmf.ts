/**
 * Energy records in the Open Charge Metering Format 1.2: `OCMF|payload|signature`, one record a line, signed with ECDSA on secp256r1
 * by the gateway. No meter has signed anything here, and every record says so.
 */
import type { IntervalRecord } from "../energy/record.ts";

export interface OcmfOptions {
  readonly node: string;
  readonly software: string;
  /** DER in hex, over the UTF-8 bytes of the payload. */
  readonly sign: (payload: string) => string;
}

const QUARTER_MS = 900_000;
const NOT_THE_METER = "signed by the gateway, not by the meter";

/** Records without energy have nothing to sign. */
export function reportOcmf(intervals: readonly IntervalRecord[], options: OcmfOptions): string {
  return intervals.filter(({ energyWh }) => energyWh !== null).map((record) => ocmfLine(record, options)).join("");
}

function ocmfLine(record: IntervalRecord, { node, software, sign }: OcmfOptions): string {
  const [register] = record.registers;
  const single = record.registers.length === 1 && record.energyBy === "register" && record.registerNote === null ? register : undefined;
  const startWh = single?.startWh ?? 0;
  const readings = [
    reading("B", record.from, startWh, record),
    reading("E", record.to, startWh + (record.energyWh ?? 0), record),
  ];
  const payload = JSON.stringify({
    FV: "1.2", GI: `curtaild: ${NOT_THE_METER}`, GS: node, GV: software,
    // One record a quarter hour: its number since 1970 is a running number that no restart repeats.
    PG: `T${Date.parse(record.from) / QUARTER_MS}`,
    MV: "", MM: NOT_THE_METER, MS: record.registers.map(({ meter }) => meter).join(" ") || node,
    IS: false, IF: [], IT: "NONE", ID: "", RD: readings,
  });
  return `OCMF|${payload}|${JSON.stringify({ SA: "ECDSA-secp256r1-SHA256", SE: "hex", SM: "application/x-der", SD: sign(payload) })}\n`;
}

function reading(kind: "B" | "E", at: string, wh: number, { energyBy, quality, clock }: IntervalRecord): object {
  return {
    TM: `${at.replace(".", ",").replace("Z", "+0000")} ${clock === "synced" ? "S" : "U"}`,
    TX: kind, RV: Math.round(wh) / 1000, RI: "1-0:1.8.0", RU: "kWh", RT: "AC",
    // E: the energy is not whole.
    EF: quality === "missing" ? "E" : "", ST: energyBy === "register" || energyBy === "power" ? "G" : "X",
  };
}
