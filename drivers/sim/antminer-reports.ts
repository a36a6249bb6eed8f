import type { Asic } from "./asic.ts";
import type { Item } from "./cgminer-answer.ts";

const COMPILED = "Tue Mar  3 10:00:00 CST 2026";
/** One share of difficulty 65,536 in TH. */
const SHARE_TH = (65_536 * 2 ** 32) / 1e12;
const STALE = 2_000;
const HARDWARE = 500;
/** In rows of 14, as the status page shows them. */
const CHIPS_A_ROW = 14;

export const versionItem = (asic: Asic): Item => ({ BMMiner: "2.0.0", API: "3.1", Miner: "30.0.1.3", CompileTime: COMPILED, Type: asic.model.name });

export function summaryItem(asic: Asic): Item {
  const { fast, slow, average } = asic.reportedThs;
  const shares = sharesOf(asic);
  return {
    Elapsed: elapsedOf(asic),
    "GHS 5s": gigahash(fast),
    "GHS av": gigahash(average),
    "GHS 30m": gigahash(slow),
    "Found Blocks": 0,
    Accepted: shares,
    Rejected: Math.floor(shares / STALE),
    "Hardware Errors": Math.floor(shares / HARDWARE),
  };
}

/** About the software, then about the machine; rates as text, temperatures as a row of four. */
export function statsItems(asic: Asic): Item[] {
  const { fast, average, slow } = asic.reportedThs;
  const { model, boards } = asic;
  const mining = asic.state === "hashing" || asic.state === "ramping";
  const machine: Record<string, string | number> = {
    STATS: 0,
    ID: "BC50",
    Elapsed: elapsedOf(asic),
    Calls: 0,
    "GHS 5s": gigahash(fast),
    "GHS av": gigahash(average),
    rate_30m: gigahash(slow),
    Mode: 2,
    miner_count: mining ? model.boards : 0,
    frequency: String(Math.round(boards[0]?.frequencyMHz ?? 0)),
    fan_num: 4,
  };
  for (let fan = 1; fan <= 4; fan += 1) machine[`fan${fan}`] = asic.tachometer(fan - 1, mining ? 4_200 + fan * 30 : 1_200 + fan * 10);
  machine["temp_num"] = model.boards;
  for (const [index, board] of boards.entries()) {
    const chain = index + 1;
    const [warm, hot] = [Math.round(board.temperatureC), Math.round(board.chipC)];
    machine[`temp_pcb${chain}`] = `${warm - 6}-${warm - 8}-${warm}-${warm - 1}`;
    machine[`temp_chip${chain}`] = `${hot - 6}-${hot - 8}-${hot}-${hot - 1}`;
    machine[`freq_avg${chain}`] = mining ? Number(board.frequencyMHz.toFixed(2)) : 0;
    machine[`chain_acn${chain}`] = model.chipsPerBoard;
    machine[`chain_acs${chain}`] = chips(model.chipsPerBoard);
    machine[`chain_hw${chain}`] = Math.floor(sharesOf(asic) / HARDWARE / model.boards);
    machine[`chain_rate${chain}`] = mining ? (gigahash(fast) / model.boards).toFixed(2) : "";
  }
  return [{ BMMiner: "2.0.0", Miner: "30.0.1.3", CompileTime: COMPILED, Type: model.name }, machine];
}

export function poolItems(asic: Asic, pools: readonly { readonly url: string; readonly user: string }[]): Item[] {
  const shares = sharesOf(asic);
  return pools.map(({ url, user }, index) => ({
    POOL: index,
    URL: url,
    Status: url === "" ? "Dead" : "Alive",
    Priority: index,
    Accepted: index === 0 ? shares : 0,
    Rejected: index === 0 ? Math.floor(shares / STALE) : 0,
    User: user,
    "Stratum Active": index === 0 && url !== "",
  }));
}

/** bmminer forgets the comma behind the first item of `stats`. */
export const withoutComma = (text: string): string => text.replace('},{"STATS":0', '}{"STATS":0');

const elapsedOf = (asic: Asic): number => Math.floor(asic.uptimeMs / 1_000);
const sharesOf = (asic: Asic): number => Math.floor(asic.workTh / SHARE_TH);
const gigahash = (ths: number): number => Number((ths * 1e3).toFixed(2));
const chips = (count: number): string => "o".repeat(count).replace(new RegExp(`.{${CHIPS_A_ROW}}`, "g"), (row) => ` ${row}`);
