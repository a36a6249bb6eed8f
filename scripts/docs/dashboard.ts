/** docs/prometheus/dashboard.json: the Grafana dashboard, from a table of panels that the picture of it is drawn from too. */

export interface Target {
  readonly expr: string;
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly kind: "timeseries" | "stat";
  /** Grafana's word. */
  readonly unit: "watt" | "H/s" | "celsius" | "s" | "short" | "bytes" | "percentunit" | "none" | "J";
  readonly targets: readonly Target[];
  readonly width: number;
  readonly height: number;
  /** Values of a stat as words. */
  readonly words?: Readonly<Record<number, string>>;
}

const stat = (title: string, expr: string, unit: Panel["unit"], over: Partial<Panel> = {}): Panel => ({ title, kind: "stat", unit, targets: [{ expr, legend: "" }], width: 4, height: 4, ...over });
const curves = (title: string, unit: Panel["unit"], targets: readonly Target[], over: Partial<Panel> = {}): Panel => ({ title, kind: "timeseries", unit, targets, width: 12, height: 8, ...over });
const target = (expr: string, legend: string): Target => ({ expr, legend });
/** Of the rack chosen above. */
const rack = (metric: string, labels = ""): string => `${metric}{instance="$rack"${labels === "" ? "" : `,${labels}`}}`;

export const panels: readonly Panel[] = [
  stat("Power", rack("curtaild_power_watts"), "watt"),
  stat("Limit", rack("curtaild_limit_watts"), "watt"),
  stat("Limit still holds", rack("curtaild_limit_remaining_seconds"), "s"),
  stat("Hashrate", rack("curtaild_hashrate_hashes_per_second"), "H/s"),
  stat("Within the limit", `1 - ${rack("curtaild_compliance", 'compliance="violating"')}`, "none", { words: { 0: "VIOLATING", 1: "yes" } }),
  stat("Alarms", `sum(${rack("curtaild_alarm")})`, "short"),
  curves("Power and limit", "watt", [
    target(rack("curtaild_power_watts"), "power"), target(rack("curtaild_limit_watts"), "limit"), target(rack("curtaild_budget_watts"), "limit with its ramp"), target(rack("curtaild_setpoint_watts"), "setpoint of the grid"),
  ], { width: 16, height: 9 }),
  curves("State", "none", [target(`${rack("curtaild_state")} == 1`, "{{state}}"), target(`${rack("curtaild_compliance")} == 1`, "{{compliance}}")], { width: 8, height: 9 }),
  curves("Hashrate", "H/s", [target(rack("curtaild_hashrate_hashes_per_second"), "hashrate")], { width: 8 }),
  curves("Energy for a terahash", "J", [target(`${rack("curtaild_power_watts")} / ${rack("curtaild_hashrate_hashes_per_second")} * 1e12`, "J/TH")], { width: 8 }),
  curves("Miners", "short", [target(rack("curtaild_devices"), "configured"), target(rack("curtaild_devices_answering"), "answering"), target(rack("curtaild_devices_asleep"), "asleep"), target(rack("curtaild_devices_quarantined"), "quarantined")], { width: 8 }),
  curves("Power of each miner", "watt", [target(rack("curtaild_device_power_watts"), "{{device}}")]),
  curves("Hottest board of each miner", "celsius", [target(rack("curtaild_device_temperature_celsius"), "{{device}}")]),
  curves("Heartbeat of the grid", "s", [target(rack("curtaild_heartbeat_age_seconds"), "age"), target(rack("curtaild_heartbeat_timeout_seconds"), "lost at")], { width: 8 }),
  curves("Events a minute", "short", [target(`sum by (event) (increase(${rack("curtaild_events_total", 'event!~"setpoint.*"')}[1m])) > 0`, "{{event}}")], { width: 8 }),
  curves("The daemon", "percentunit", [target(`rate(${rack("process_cpu_seconds_total")}[1m])`, "of a processor")], { width: 8 }),
];

/** Where each stands: rows of 24 columns, as Grafana has them. */
export function placed(): readonly (Panel & { readonly x: number; readonly y: number })[] {
  let [x, y, tallest] = [0, 0, 0];
  return panels.map((panel) => {
    if (x + panel.width > 24) [x, y, tallest] = [0, y + tallest, 0];
    const at = { ...panel, x, y };
    x += panel.width;
    tallest = Math.max(tallest, panel.height);
    return at;
  });
}

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

function panelJson({ title, kind, unit, targets, words, x, y, width, height }: ReturnType<typeof placed>[number], id: number): object {
  const mappings = words === undefined ? [] : [{ type: "value", options: Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }])) }];
  return {
    id: id + 1, title, type: kind, datasource: DATASOURCE, gridPos: { x, y, w: width, h: height },
    fieldConfig: { defaults: { unit, mappings, noValue: "unknown", ...(kind === "timeseries" && { min: 0, custom: { lineWidth: 2, fillOpacity: 8, spanNulls: false, lineInterpolation: unit === "none" ? "stepAfter" : "linear" } }) }, overrides: [] },
    options: kind === "stat" ? { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "value", graphMode: "none" } : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
    targets: targets.map(({ expr, legend }, index) => ({ refId: String.fromCharCode(65 + index), datasource: DATASOURCE, expr, legendFormat: legend, range: true })),
  };
}

export const dashboardFile = (): string => `${JSON.stringify({
  title: "curtaild: a rack", uid: "curtaild-rack", tags: ["curtaild"], schemaVersion: 39, version: 1, editable: true, refresh: "10s", time: { from: "now-1h", to: "now" }, timezone: "utc",
  templating: { list: [
    { name: "datasource", type: "datasource", query: "prometheus", label: "data" },
    { name: "rack", type: "query", label: "rack", datasource: DATASOURCE, query: { query: "label_values(curtaild_info, instance)", refId: "rack" }, refresh: 2, sort: 1 },
  ] },
  annotations: { list: [{ name: "limits", datasource: DATASOURCE, enable: true, expr: 'changes(curtaild_limit_watts{instance="$rack"}[30s]) > 0', titleFormat: "another limit", iconColor: "orange" }] },
  panels: placed().map(panelJson),
}, null, 2)}\n`;
