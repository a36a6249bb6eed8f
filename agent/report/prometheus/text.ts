/** Prometheus's text format, 0.0.4. Unknown is NaN and no limit is +Inf: a sum over racks never takes the one for nothing, nor the other. */

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number | boolean | null];

export interface Family {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A family without a sample is left out. */
export const expositionText = (families: readonly Family[]): string => families.filter(({ samples }) => samples.length > 0).map(familyText).join("");

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(([labels, value]) => `${name}${labelsText(labels)} ${valueText(value)}`);
  return `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n${lines.join("\n")}\n`;
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function valueText(value: Sample[1]): string {
  if (value === null) return "NaN";
  if (typeof value === "boolean") return value ? "1" : "0";
  return value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : `${value}`;
}
