/** A Prometheus of Debian's, asked over its HTTP interface. */
import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "../docs/dashboard.ts";

export interface Range {
  readonly from: number;
  readonly to: number;
  readonly stepS: number;
}

export interface Series {
  readonly legend: string;
  /** Time in s, and the value; NaN and infinities as they are. */
  readonly points: readonly (readonly [number, number])[];
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly values: readonly (readonly [number, string])[] }[] };
}

export class Prometheus {
  readonly child: ChildProcess;
  readonly #url: string;

  constructor({ directory, port, target, tokenFile, rules, stepS }: { readonly directory: string; readonly port: number; readonly target: string; readonly tokenFile: string; readonly rules: string; readonly stepS: number }) {
    const file = join(directory, "prometheus.yml");
    const jobs = [{ job_name: "curtaild", authorization: { credentials_file: tokenFile }, static_configs: [{ targets: [target] }] }];
    writeFileSync(file, JSON.stringify({ global: { scrape_interval: `${stepS}s`, evaluation_interval: `${stepS}s` }, rule_files: [rules], scrape_configs: jobs }));
    this.#url = `http://127.0.0.1:${port}`;
    this.child = spawn("prometheus", [`--config.file=${file}`, `--storage.tsdb.path=${join(directory, "tsdb")}`, `--web.listen-address=127.0.0.1:${port}`, "--log.level=error"], { stdio: ["ignore", "ignore", "inherit"] });
  }

  /** The panel's own query, for one rack. */
  async query({ expr, legend }: Target, rack: string, { from, to, stepS }: Range): Promise<Series[]> {
    const query = new URLSearchParams({ query: expr.replaceAll("$rack", rack), start: `${from}`, end: `${to}`, step: `${stepS}` });
    const answer = (await (await fetch(`${this.#url}/api/v1/query_range?${query.toString()}`)).json()) as Answer;
    if (answer.status !== "success") throw new Error(`${expr}: ${answer.error ?? "Prometheus does not answer"}`);
    return answer.data.result.map(({ metric, values }) => ({
      legend: legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""),
      points: values.map(([at, value]) => [at, value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value)] as const),
    }));
  }
}
