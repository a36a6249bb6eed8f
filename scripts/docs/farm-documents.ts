/** What the farm is told, as schemas made from the tables it is told by. */
import * as z from "zod";
import { goneAfterS, REST_S, type Metric, type Table } from "../../agent/report/farm/tables.ts";

const at = z.iso.datetime();

export const tableSchema = (type: string, table: Table<string>): z.ZodObject =>
  z.looseObject({ v: z.literal(1), type: z.literal(type), at, ...Object.fromEntries(Object.entries(table).map(([name, metric]) => [name, memberOf(metric)])) });

const memberOf = (metric: Metric): z.ZodType => kinds[metric.kind]().nullable().meta({ description: `${metric.means}. ${movesBy(metric)}`.replace(/;? ?\.? \.$/, ".") });
const kinds = { number: () => z.number(), word: () => z.string(), flag: () => z.boolean() } as const;

function movesBy({ moves, deadband, kind, everyS }: Metric): string {
  if (!moves) return "Goes along with the next message.";
  const { figure, share } = deadband;
  const by = kind !== "number" || (figure === 0 && share === 0) ? "any change" : [figure === 0 ? "" : `${figure}`, share === 0 ? "" : `${share * 100} %`].filter((part) => part !== "").join(" or ");
  return `Told after ${by}${by.includes(" or ") ? ", whichever is more" : ""}, ${everyS} s after the last message at the soonest.`;
}

/** agent/report/energy/parts.ts */
const inParts = {
  part: z.int().min(1).meta({ description: "Which part of the record this is, from 1: each has the rows of 200 machines at the most, and the same members otherwise." }),
  parts: z.int().min(1).meta({ description: "How many there are." }),
};

export const summarySchema = z.looseObject({
  v: z.literal(1), type: z.literal("SUMMARY"), from: at, powerW: z.object({ least: z.number(), mean: z.number(), most: z.number() }).nullable(), limitW: z.number().nullable(),
  columns: z.tuple([z.literal("id"), z.literal("powerW"), z.literal("hashrateThs")]), rows: z.array(z.tuple([z.string(), z.number().nullable(), z.number().nullable()])), ...inParts,
});

export const machinesSchema = z.looseObject({
  v: z.literal(1), type: z.literal("MACHINES"), from: at, to: at, columns: z.tuple([z.literal("id"), z.literal("energyWh"), z.literal("hashesTh"), z.literal("knownS")]),
  rows: z.array(z.tuple([z.string(), z.number(), z.number(), z.number()])), ...inParts,
});

/** The tables as people read them, for docs/telemetry.md. */
export function tablesText(tables: Readonly<Record<string, Table<string>>>): string {
  const parts = Object.entries(tables).map(([topic, table]) => {
    const rows = Object.entries(table).map(([name, metric]) => `| \`${name}\` | ${metric.means} | ${movesBy(metric).replace(/^Told after /, "").replace(/ after the last message at the soonest\.$/, "").replace(/^Goes along.*$/, "goes along with the next")} |`);
    return `### \`${topic}\`\n\n| member | what it is | told after a change of, at the soonest after |\n|---|---|---|\n${rows.join("\n")}`;
  });
  return `${parts.join("\n\n")}\n\nNothing is silent for more than ${REST_S} s with up to 1,000 machines; a reader may take it for gone after ${goneAfterS(1)} s.\n`;
}
