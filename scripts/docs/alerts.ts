/** docs/prometheus: alert rules, and cases that show each of them firing and silent. The texts are the runbook's. */
import { stringify } from "yaml";
import { chapters, controllerAlarms, explained } from "../../agent/report/runbook/runbook.ts";

export interface Rule {
  /** The runbook's word for what is wrong. */
  readonly word: string;
  readonly severity: "critical" | "warning";
  readonly expr: string;
  readonly forS: number;
  /** A series of one sample a minute that is well for ten minutes, and then is not. */
  readonly example: { readonly series: string; readonly good: string; readonly bad: string };
  /** The labels that stay. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary?: string;
}

const gauge = (word: string, severity: Rule["severity"], { series, is = 1, forS }: { readonly series: string; readonly is?: 0 | 1; readonly forS: number }): Rule => ({
  word, severity, forS, expr: `${series} == ${is}`, example: { series, good: `${1 - is}`, bad: `${is}` }, labels: labelsOf(series),
});
const some = (word: string, severity: Rule["severity"], { expr, example, forS }: Pick<Rule, "expr" | "forS" | "example">): Rule => ({ word, severity, forS, expr, example });

/** What lasts is told while it lasts. */
const LASTING: readonly Rule[] = [
  gauge("violating", "critical", { series: 'curtaild_compliance{compliance="violating"}', forS: 10 }),
  gauge("at-floor", "warning", { series: 'curtaild_compliance{compliance="at-floor"}', forS: 120 }),
  gauge("unverified", "warning", { series: 'curtaild_compliance{compliance="unverified"}', forS: 120 }),
  gauge("failsafe", "warning", { series: 'curtaild_state{state="failsafe"}', forS: 60 }),
  gauge("emergency.latched", "critical", { series: 'curtaild_state{state="emergency"}', forS: 0 }),
  gauge("storage.failed", "critical", { series: "curtaild_storage_working", is: 0, forS: 60 }),
  gauge("meter.lost", "warning", { series: 'curtaild_meter_answering{meter="pdu-1"}', is: 0, forS: 60 }),
  gauge("link.lost", "warning", { series: 'curtaild_link_connected{link="grid"}', is: 0, forS: 120 }),
  some("device.lost", "warning", { expr: "curtaild_devices - curtaild_devices_answering > 0", forS: 300, example: { series: "curtaild_devices", good: "11", bad: "12" } }),
  some("device.quarantined", "warning", { expr: "curtaild_devices_quarantined > 0", forS: 300, example: { series: "curtaild_devices_quarantined", good: "0", bad: "2" } }),
  some("pool.strayed", "warning", { expr: "curtaild_devices_foreign > 0", forS: 60, example: { series: "curtaild_devices_foreign", good: "0", bad: "1" } }),
].map((rule) => (rule.word === "meter.lost" || rule.word === "link.lost" ? { ...rule, expr: rule.expr.replace(/\{.*?\}/, "") } : rule));

/** What happened is told for ten minutes. */
const WINDOW = "10m";
const happened = (word: string): Rule => ({
  word, severity: "critical", forS: 0, expr: `increase(curtaild_events_total{event="${word}"}[${WINDOW}]) > 0`,
  example: { series: `curtaild_events_total{event="${word}"}`, good: "0", bad: "1" }, labels: { event: word },
});

const UNREACHABLE: Rule = {
  word: "unreachable", severity: "critical", forS: 120, expr: 'up{job="curtaild"} == 0', example: { series: 'up{job="curtaild"}', good: "1", bad: "0" }, labels: { job: "curtaild" },
  summary: "a rack's controller cannot be scraped: unreachable, which does not mean off",
};

/** Events whose entry is an error of its own. */
export const errorEvents: readonly string[] = chapters.filter(({ title }) => title.startsWith("Events")).flatMap(({ entries }) => Object.entries(entries).filter(([, { level }]) => level === "error").map(([name]) => name));

export const rules: readonly Rule[] = [
  UNREACHABLE,
  ...LASTING,
  ...controllerAlarms.map((word): Rule => gauge(word, explained(word)?.level === "error" ? "critical" : "warning", { series: `curtaild_alarm{alarm="${word}"}`, forS: 60 })),
  ...errorEvents.filter((word) => !LASTING.some((rule) => rule.word === word)).map(happened),
];

export const alertName = (word: string): string => `Curtaild${word.split(/[.-]/).map((part) => `${part[0]?.toUpperCase() ?? ""}${part.slice(1)}`).join("")}`;

const titles = { failsafe: "the grid is not heard: the failsafe limit holds", violating: "the rack draws more than its limit", "at-floor": "the rack cannot come lower", unverified: "nothing proves that the limit is kept" } as const;
const summaryOf = ({ word, summary }: Rule): string => summary ?? (titles as Readonly<Record<string, string>>)[word] ?? explained(word)?.says ?? word;
const annotations = (rule: Rule): Readonly<Record<string, string>> => {
  const entry = explained(rule.word);
  return { summary: summaryOf(rule), ...(entry !== null && { description: entry.means, cure: entry.cure }) };
};

const duration = (seconds: number): string => (seconds % 60 === 0 && seconds > 0 ? `${seconds / 60}m` : `${seconds}s`);
const MADE = "# Made by `npm run docs` from scripts/docs/alerts.ts and the runbook.\n";

export function alertsFile(): string {
  return MADE + stringify({
    groups: [{
      name: "curtaild",
      rules: rules.map((rule) => ({ alert: alertName(rule.word), expr: rule.expr, ...(rule.forS > 0 && { for: duration(rule.forS) }), labels: { severity: rule.severity, runbook: rule.word }, annotations: annotations(rule) })),
    }],
  }, { lineWidth: 0 });
}

/** Ten minutes well, then ten minutes not: silent at the ninth, firing at the twentieth. */
export function alertCasesFile(): string {
  const tests = rules.map((rule) => {
    const { series, good, bad } = rule.example;
    const other = rule.word === "device.lost" ? [{ series: "curtaild_devices_answering", values: "11x20" }] : [];
    return {
      name: rule.word,
      interval: "1m",
      input_series: [{ series, values: `${good}x9 ${bad}x10` }, ...other],
      alert_rule_test: [
        { eval_time: "9m", alertname: alertName(rule.word), exp_alerts: [] },
        { eval_time: "18m", alertname: alertName(rule.word), exp_alerts: [{ exp_labels: { severity: rule.severity, runbook: rule.word, ...rule.labels }, exp_annotations: annotations(rule) }] },
      ],
    };
  });
  return MADE + stringify({ rule_files: ["alerts.yml"], evaluation_interval: "30s", tests }, { lineWidth: 0 });
}

function labelsOf(series: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...series.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]));
}
