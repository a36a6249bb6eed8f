/** A report as one page that needs nothing else, on a screen and on paper. */
import type { IntervalRecord } from "../energy/record.ts";
import type { Baseline, EnergyFacts, OrderFacts, ReportFacts, ResultFacts } from "./facts.ts";
import { allotmentHtml } from "./allotment.ts";
import { curveSvg, escapeHtml, kilowatts, type Drawing, type Mark } from "./svg.ts";

const STYLE = `
:root{--ink:#1b1f24;--soft:#5b6570;--rule:#d5dae0;--power:#1f6f9c;--limit:#c0392b;--good:#1d7a46;--bad:#b3261e}
*{box-sizing:border-box}body{margin:0 auto;max-width:62rem;padding:1.5rem;color:var(--ink);font:15px/1.45 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:1.8rem 0 .4rem;border-bottom:1px solid var(--rule);padding-bottom:.2rem}
p{margin:.4rem 0}.soft{color:var(--soft)}.verdict{font-size:1.1rem;font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}td,th{padding:.18rem .5rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--soft);white-space:nowrap}td.n,th.n{text-align:right}td.t{white-space:nowrap}.facts th{width:15rem}
svg{width:100%;height:auto;display:block}svg text{font-size:12px;fill:var(--soft)}svg .grid{stroke:var(--rule);stroke-width:.7}svg .tick{stroke:var(--soft)}
svg .envelope{fill:var(--power);stroke:var(--power);stroke-width:1.4;stroke-linejoin:round}svg .limit{fill:none;stroke:var(--limit);stroke-width:1.8}svg .bound{fill:#f6efe3}svg line.mark{stroke:var(--soft);stroke-dasharray:3 3}svg text.mark{fill:var(--ink)}
.key span{display:inline-block;margin-right:1.2rem}.key i{display:inline-block;width:1.4rem;height:.6rem;margin-right:.35rem;vertical-align:baseline}
pre{white-space:pre-wrap;word-break:break-all;font-size:11.5px;background:#f6f7f9;border:1px solid var(--rule);padding:.6rem;margin:.4rem 0}
.small{font-size:13px}
@media print{body{max-width:none;padding:0;font-size:11px}h2{break-after:avoid}tr,svg{break-inside:avoid}@page{margin:15mm}.envelope,.bound,pre,.cell{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;

export function reportHtml(facts: ReportFacts): string {
  const { order, result, energy, timeline, intervals, journal, hashrate } = facts;
  const title = order === null ? `Energy report ${facts.about}` : `Event report ${order.id}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="soft">${escapeHtml(facts.node)} of operator ${escapeHtml(facts.operator)}. All times UTC. Written ${time(facts.at)} by ${escapeHtml(facts.software)}.</p>
${result === null ? "" : verdictHtml(result)}
${curveHtml(facts)}
${order === null ? "" : orderHtml(order)}
${result === null ? "" : resultHtml(result)}
<h2>Energy</h2>
${energyHtml(energy, order !== null)}
${intervals.length === 0 ? "" : allotmentHtml(intervals)}
${timeline.length === 0 ? "" : `<h2>What happened</h2>\n<table class="small"><tr><th>time</th><th class="n">line</th><th>what</th></tr>\n${timeline.map(({ at, line, what }) => `<tr><td class="t">${time(at)}</td><td class="n">${line}</td><td>${escapeHtml(what)}</td></tr>`).join("\n")}\n</table>`}
${intervals.length === 0 ? "" : intervalsHtml(intervals)}
<h2>How to check this</h2>
<p class="small">Every figure${hashrate === null ? "" : " but the hashrate"} comes from lines ${journal.firstLine ?? "-"} to ${journal.lastLine ?? "-"} of the rack's journal, a chain of hashes that stood at <code>${escapeHtml(journal.head)}</code> when this was written. The operator holds earlier heads of that chain.
This file is signed by the rack's controller on its last line: <code>curtailctl report verify FILE</code> finds any change to it, without a connection to the rack. The signature is the controller's, not the meter's.</p>
</body></html>
`;
}

function verdictHtml({ withinPct, underLimitS, limitW, worstOverW }: ResultFacts): string {
  if (limitW === null) return `<p class="verdict">The order lifted the limit.</p>`;
  if (underLimitS === null) return `<p class="verdict bad">The meter did not show the rack under ${power(limitW)} while the order held.</p>`;
  const kept = withinPct !== null && withinPct >= 100;
  return `<p class="verdict ${kept ? "good" : "bad"}">Under ${power(limitW)} after ${underLimitS} s, and within the limit for ${withinPct ?? 0} % of the time from then on${worstOverW > 0 && !kept ? `, at most ${power(worstOverW)} above it` : ""}.</p>`;
}

function curveHtml({ curve, hashrate, order, result }: ReportFacts): string {
  if (curve.rows.every(([, , mostW]) => mostW === null)) return `<p class="soft">No curve by seconds: the stretch is too long, or nothing was measured in it.</p>`;
  const marks: Mark[] = [];
  if (order !== null) marks.push({ at: Date.parse(order.receivedAt), label: "order received" });
  const bound = result === null ? null : { from: Date.parse(result.boundFrom), to: Date.parse(result.boundTo) };
  const step = curve.stepS === 1 ? "the highest reading of each second" : `least and most of every ${curve.stepS} s`;
  return `<h2>Metered power against the limit</h2>
${curveSvg(curve, { marks, bound, what: "metered power against the limit", axis: kilowatts })}
<p class="key small soft"><span><i style="background:var(--power)"></i>metered power: ${step}</span><span><i style="background:var(--limit);height:.15rem;vertical-align:middle"></i>limit in force</span>${bound === null ? "" : `<span><i style="background:#f6efe3;border:1px solid var(--rule)"></i>the order binds</span>`}</p>
${hashrateHtml(hashrate, { marks, bound })}`;
}

/** Of the daemon's memory: worth seeing, and no evidence. */
function hashrateHtml(hashrate: ReportFacts["hashrate"], { marks, bound }: Pick<Drawing, "marks" | "bound">): string {
  if (hashrate === null) return "";
  const { from, stepS, rowsThs } = hashrate;
  const curve = { from, stepS, columns: ["leastW", "meanW", "mostW", "limitW"] as const, rows: rowsThs.map((ths) => [ths, ths, ths, null] as const) };
  return `<h2>Hashrate</h2>
${curveSvg(curve, { marks, bound, what: "hashrate", axis: (ths) => `${ths} TH/s` })}
<p class="small soft">The machines' own word, the mean of every ${stepS} s, from the daemon's memory of the last day. It is not in the journal, and the journal does not vouch for it.</p>`;
}

function orderHtml({ id, type, topic, signer, sha256, receivedAt, line, message, content }: OrderFacts): string {
  const said = content === null ? "" : Object.entries(content).filter(([name]) => !["v", "type", "id", "iss"].includes(name)).map(([name, value]) => row(name, typeof value === "string" ? value : JSON.stringify(value))).join("");
  return `<h2>The order as received</h2>
<table class="facts">${row("document", `${type} ${id}`)}${row("topic", topic)}${row("received", `${time(receivedAt)} (line ${line} of the journal)`)}${row("signed by", signer ?? "nobody: it came unsigned, as this rack's configuration allows")}${row("SHA-256 of its payload", sha256)}${said}</table>
${message === null ? "" : `<pre>${escapeHtml(message)}</pre>`}`;
}

function resultHtml(result: ResultFacts): string {
  const seconds = (value: number | null): string => (value === null ? "not seen" : `${value} s`);
  return `<h2>Response and compliance</h2>
<table class="facts">${row("it limited the rack", `${time(result.boundFrom)} to ${time(result.boundTo)}`)}${row("first order to a machine after", seconds(result.firstOrderS))}${row("last acknowledged after", seconds(result.lastAcknowledgedS))}${row("metered power under the limit after", seconds(result.underLimitS))}${row("orders to machines", String(result.ordersSent))}${row("tolerance", power(result.toleranceW))}${row("NAESB maximum base load", result.withinPct === null ? "not measured" : `${result.withinS} of ${result.measuredS} measured seconds at or below the limit (${result.withinPct} %)`)}${row("above the limit, from then on", `${result.overWh} Wh, at most ${power(result.worstOverW)}`)}</table>`;
}

function energyHtml({ usedWh, meterBefore, meterAfterW, tenOfTen, missing, totalWh, allottedWh, cost }: EnergyFacts, ofOrder: boolean): string {
  const by = (name: string, baseline: Baseline | null): string => (baseline === null ? "" : row(name, `${energy(Math.abs(baseline.notUsedWh))} ${baseline.notUsedWh < 0 ? "more than that" : "not used"} (${power(baseline.powerW)} would have been ${energy(baseline.baselineWh)})`));
  return `<table class="facts">${ofOrder ? row("used while the order held", energy(usedWh)) : ""}${by("NAESB meter before", meterBefore)}${meterAfterW === null ? "" : row("NAESB meter after", `${power(meterAfterW)} in the minutes after it`)}${by("10 of 10 baseline", tenOfTen)}${totalWh === null ? row("quarter hours of this report", "none has ended yet") : row("quarter hours of this report", energy(totalWh)) + row("allotted in them", allottedWh === null ? "for part of the time nothing limited" : energy(allottedWh))}${cost === null ? "" : row("cost", `${cost.energy.toFixed(2)} ${cost.currency}, and ${cost.tax.toFixed(2)} ${cost.currency} tax`)}</table>
${missing.map((what) => `<p class="small soft">${escapeHtml(what)}.</p>`).join("\n")}`;
}

function intervalsHtml(intervals: readonly IntervalRecord[]): string {
  const rows = intervals.map((record) => `<tr><td class="t">${time(record.from)}</td><td class="n">${energy(record.energyWh)}</td><td>${record.energyBy}</td><td class="n">${record.allottedWh === null ? "-" : energy(record.allottedWh)}</td><td class="n">${power(record.maxW)}</td><td class="n">${record.overS} s</td><td class="n">${record.overWh} Wh</td><td>${record.quality}${record.registerNote === null ? "" : `, ${record.registerNote}`}</td><td>${record.clock}</td></tr>`);
  return `<h2>Quarter hours</h2>
<table class="small"><tr><th>from</th><th class="n">energy</th><th>by</th><th class="n">allotted</th><th class="n">highest</th><th class="n">over</th><th class="n">over</th><th>quality</th><th>clock</th></tr>
${rows.join("\n")}
</table>`;
}

const row = (name: string, value: string): string => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`;
const time = (at: string): string => at.replace("T", " ").replace(/\.\d+Z$/, "").replace("Z", "");

export function power(watts: number | null): string {
  if (watts === null) return "unknown";
  return Math.abs(watts) < 1000 ? `${Math.round(watts)} W` : `${(watts / 1000).toFixed(2)} kW`;
}

export function energy(wh: number | null): string {
  if (wh === null) return "unknown";
  return Math.abs(wh) < 1000 ? `${Math.round(wh)} Wh` : `${(wh / 1000).toFixed(2)} kWh`;
}
