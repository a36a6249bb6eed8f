/** Allotted against used on one page: a cell each quarter hour, a row each day, sums by month. */
import type { IntervalRecord } from "../energy/record.ts";

const CELL = 9;
const LEFT = 74;
const QUARTER_MS = 900_000;
const DAY_QUARTERS = 96;
/** Two years of days would be a picture nobody reads. */
const MOST_DAYS = 62;

export function allotmentHtml(intervals: readonly IntervalRecord[]): string {
  return `<h2>Allotted against used</h2>
${intervals.length > 8 ? heatmap(intervals) : ""}
<table class="small"><tr><th>month</th><th class="n">quarter hours</th><th class="n">allotted</th><th class="n">used</th><th class="n">share</th><th class="n">over the limit</th><th class="n">not whole</th></tr>
${[...byMonth(intervals)].map(([month, records]) => monthRow(month, records)).join("\n")}
</table>`;
}

function byMonth(intervals: readonly IntervalRecord[]): Map<string, IntervalRecord[]> {
  const months = new Map<string, IntervalRecord[]>();
  for (const record of intervals) {
    const month = record.from.slice(0, 7);
    months.set(month, [...(months.get(month) ?? []), record]);
  }
  return months;
}

/** Used and allotted are summed over quarter hours that have both: a share of unlike things says nothing. */
function monthRow(month: string, records: readonly IntervalRecord[]): string {
  const both = records.filter(({ energyWh, allottedWh }) => energyWh !== null && allottedWh !== null);
  const allotted = both.reduce((sum, { allottedWh }) => sum + (allottedWh ?? 0), 0);
  const used = both.reduce((sum, { energyWh }) => sum + (energyWh ?? 0), 0);
  const all = records.reduce((sum, { energyWh }) => sum + (energyWh ?? 0), 0);
  const over = records.reduce((sum, { overWh }) => sum + overWh, 0);
  const doubtful = records.filter(({ quality }) => quality !== "ok").length;
  const kWh = (wh: number): string => `${(wh / 1000).toFixed(2)} kWh`;
  return `<tr><td>${month}</td><td class="n">${records.length}</td><td class="n">${both.length === 0 ? "not limited" : kWh(allotted)}</td><td class="n">${kWh(all)}</td><td class="n">${allotted === 0 ? "-" : `${((used / allotted) * 100).toFixed(1)} %`}</td><td class="n">${kWh(over)}</td><td class="n">${doubtful}</td></tr>`;
}

/** Blue: the part used of what was allotted. Red: more. Grey: nothing was limited. White: nothing is known. */
function heatmap(intervals: readonly IntervalRecord[]): string {
  const days = [...new Set(intervals.map(({ from }) => from.slice(0, 10)))].slice(-MOST_DAYS);
  const row = new Map(days.map((day, index) => [day, index]));
  const height = days.length * (CELL + 1) + 18;
  const cells = intervals.flatMap((record) => {
    const down = row.get(record.from.slice(0, 10));
    if (down === undefined || record.energyWh === null) return [];
    const across = (Date.parse(record.from) / QUARTER_MS) % DAY_QUARTERS;
    const share = record.allottedWh === null ? null : record.allottedWh === 0 ? (record.energyWh > 0 ? 2 : 0) : record.energyWh / record.allottedWh;
    const title = `${record.from.slice(0, 16).replace("T", " ")}  ${(record.energyWh / 1000).toFixed(2)} of ${record.allottedWh === null ? "unlimited" : `${(record.allottedWh / 1000).toFixed(2)} kWh`}`;
    return [`<rect class="cell" x="${LEFT + across * (CELL + 0.5)}" y="${down * (CELL + 1)}" width="${CELL}" height="${CELL}" fill="${colour(share)}"><title>${title}</title></rect>`];
  });
  const labels = days.map((day, index) => `<text x="${LEFT - 6}" y="${index * (CELL + 1) + 8.5}" text-anchor="end" style="font-size:9px">${day}</text>`);
  const hours = [0, 6, 12, 18].map((hour) => `<text x="${LEFT + hour * 4 * (CELL + 0.5)}" y="${height - 4}" style="font-size:10px">${String(hour).padStart(2, "0")}:00</text>`);
  return `<svg viewBox="0 0 ${LEFT + DAY_QUARTERS * (CELL + 0.5)} ${height}" role="img" aria-label="used part of what was allotted, by quarter hours">${cells.join("")}${labels.join("")}${hours.join("")}</svg>
<p class="small soft">Each cell is a quarter hour: the darker the blue, the more of the allotment was used; red is more than was allotted; grey is not limited.</p>`;
}

function colour(share: number | null): string {
  if (share === null) return "#d9dde2";
  if (share > 1.005) return "#c0392b";
  return `hsl(204 67% ${Math.round(94 - 55 * Math.min(1, share))}%)`;
}
