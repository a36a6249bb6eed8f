/** Every figure the benchmark knows, what it means and what it should be. The names are those of the JSON. */

export type PartName = "allocate" | "gain" | "poll" | "ready" | "told" | "metered" | "rss" | "farm" | "discover";

export interface Figure {
  readonly name: string;
  /** The part of the benchmark that measures it. */
  readonly part: PartName | "machine";
  readonly unit: "ms" | "s" | "%" | "MB" | "kB/s" | "x" | "";
  /** At most this, or at least, where `more` is better; null: information. */
  readonly aim: number | null;
  readonly more?: true;
  readonly what: string;
}

export const FIGURES = [
  { name: "told12P95Ms", part: "told", unit: "ms", aim: 400, what: "signal published to the last acknowledged write, 12 ASICs" },
  { name: "told100P95Ms", part: "told", unit: "ms", aim: 700, what: "the same, 100 ASICs" },
  { name: "told1000P95Ms", part: "told", unit: "ms", aim: 2500, what: "the same, 1,000 ASICs" },
  { name: "told1000MedianMs", part: "told", unit: "ms", aim: null, what: "of these, the median" },
  { name: "told1000LowerP95Ms", part: "told", unit: "ms", aim: null, what: "of these, the signals that lower" },
  { name: "told1000RaiseP95Ms", part: "told", unit: "ms", aim: null, what: "of these, the signals that raise" },
  { name: "told1000Written", part: "told", unit: "", aim: null, what: "ASICs written to by a signal, median" },
  { name: "told1000Writes", part: "told", unit: "", aim: null, what: "writes acknowledged after a signal, median" },
  { name: "floor1000Ms", part: "told", unit: "ms", aim: null, what: "the same requests from a bare node:net loop, median" },
  { name: "floor1000P95Ms", part: "told", unit: "ms", aim: null, what: "the 95th percentile of as many rounds as signals" },
  { name: "told1000OverFloor", part: "told", unit: "x", aim: 2, what: "told1000P95Ms over floor1000P95Ms" },
  { name: "told1000MedianOverFloor", part: "told", unit: "x", aim: null, what: "the same of the medians" },
  { name: "told1000Silent2P95Ms", part: "told", unit: "ms", aim: null, what: "told, 2 % of the ASICs silent, the time of the others" },
  { name: "told1000Silent2OverTold", part: "told", unit: "x", aim: 1.1, what: "told1000Silent2P95Ms over told1000P95Ms" },
  { name: "brokerHopMs", part: "told", unit: "ms", aim: null, what: "publication to arrival at a subscriber, part of every told sample, median" },
  { name: "poll1000Ms", part: "poll", unit: "ms", aim: 600, what: "1,000 ASICs read once each, median" },
  { name: "poll1000ColdMs", part: "poll", unit: "ms", aim: null, what: "the first read after the start, which also asks who they are" },
  { name: "poll1000CpuMs", part: "poll", unit: "ms", aim: null, what: "CPU time of one such round, median" },
  { name: "requestsPerPoll", part: "poll", unit: "", aim: null, what: "requests a poll takes, counted by the simulators" },
  { name: "pollFloor1000Ms", part: "poll", unit: "ms", aim: null, what: "the same requests from a bare node:net loop, median" },
  { name: "poll1000OverFloor", part: "poll", unit: "x", aim: 2.5, what: "poll1000Ms over pollFloor1000Ms" },
  { name: "simCpuMs", part: "poll", unit: "ms", aim: null, what: "CPU time of the simulators for one round of polls, median" },
  { name: "metered12P95S", part: "metered", unit: "s", aim: 10, what: "signal to the meter's reading under the limit, 12 ASICs" },
  { name: "metered100P95S", part: "metered", unit: "s", aim: 10, what: "the same, 100 ASICs" },
  { name: "allocate1000Ms", part: "allocate", unit: "ms", aim: 3, what: "1,000 ASICs x 20 points shared out, median" },
  { name: "allocate1000GapPct", part: "allocate", unit: "%", aim: 0.05, what: "distance to the linear-programming bound, the worst of all limits" },
  { name: "allocate5000Ms", part: "allocate", unit: "ms", aim: 20, what: "5,000 ASICs x 40 points shared out, median" },
  { name: "allocate5000CostsMs", part: "allocate", unit: "ms", aim: null, what: "the same with what each change costs: a plan as one is made when the limit changes" },
  { name: "gainMixedPct", part: "gain", unit: "%", aim: 5, more: true, what: "hashrate at half power over the better of equal throttling and exact on/off: 4 machines each at 29.5, 22.9 and 17.5 J/TH" },
  { name: "gainNeighboursPct", part: "gain", unit: "%", aim: 1, more: true, what: "the same, 6 machines each of two neighbouring models, 22.9 and 21.6 J/TH" },
  { name: "gainAlikePct", part: "gain", unit: "%", aim: -0.5, more: true, what: "the same, 12 machines of one model" },
  { name: "readyMs", part: "ready", unit: "ms", aim: 1000, what: "start of the process to its first decision, 12 ASICs, median" },
  { name: "rss12Mb", part: "rss", unit: "MB", aim: 90, what: "resident memory of the daemon after 60 s, 12 ASICs" },
  { name: "rss1000Mb", part: "rss", unit: "MB", aim: 200, what: "the same, 1,000 ASICs" },
  { name: "farm1000RestKBps", part: "farm", unit: "kB/s", aim: 20, what: "MQTT bytes of the farm link at rest, 1,000 ASICs and outlets" },
  { name: "farm1000MostKBps", part: "farm", unit: "kB/s", aim: 20, what: "the same, the most over 10 s: after the start, at rest, under a drop to 40 % and the way back" },
  { name: "discover980S", part: "discover", unit: "s", aim: 15, what: "curtailctl discover over a /22 with 980 miners of all families and 20 broken ones, median" },
  { name: "discoverMissed", part: "discover", unit: "", aim: 0, what: "of these 980, those not found as what they are, the worst run" },
  { name: "discoverMistaken", part: "discover", unit: "", aim: 0, what: "taken for what they are not" },
  { name: "discoverUnexplained", part: "discover", unit: "", aim: 0, what: "of the 20 that are silent, slow or talk nonsense, those not listed with a reason" },
  { name: "machineBusyPct", part: "machine", unit: "%", aim: null, what: "processors in use by others between the parts, the most: over 10 % nothing here is to be quoted" },
] as const satisfies readonly Figure[];

export type FigureName = (typeof FIGURES)[number]["name"];
/** What was measured; what could not be is null, what was not asked for is missing. */
export type Measured = Partial<Record<FigureName, number | null>>;

/** All figures of a part that failed. */
export const unmeasured = (part: PartName): Measured => Object.fromEntries(FIGURES.filter((figure) => figure.part === part).map(({ name }) => [name, null]));

/** One figure a line: value, aim, met or not. */
export function tableOf(measured: Measured): string {
  const rows = FIGURES.filter(({ name }) => name in measured).map((figure: Figure & { name: FigureName }) => {
    const value = measured[figure.name] ?? null;
    return [figure.name, written(value, figure.unit), figure.aim === null ? "" : `${figure.more === true ? ">=" : "<="} ${written(figure.aim, figure.unit)}`, verdict(value, figure), figure.what];
  });
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => (column === 1 || column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join("  ").trimEnd()).join("\n");
}

function verdict(value: number | null, { aim, more }: Figure): string {
  if (value === null) return "not measured";
  if (aim === null) return "";
  return (more === true ? value >= aim : value <= aim) ? "met" : "NOT MET";
}

function written(value: number | null, unit: Figure["unit"]): string {
  if (value === null) return "-";
  const text = value.toLocaleString("en-US", { maximumSignificantDigits: Math.abs(value) >= 1000 ? 4 : 3 });
  return unit === "" || unit === "%" || unit === "x" ? `${text}${unit}` : `${text} ${unit}`;
}

/** Four significant digits: more would be noise. */
export const rounded = (value: number): number => Number(value.toPrecision(4));
