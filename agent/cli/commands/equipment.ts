import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { celled } from "../sim-table.ts";
import type { RegisterSheet } from "../../report/register.ts";

interface EquipmentOptions {
  readonly format?: "json" | "csv";
  readonly out?: string;
}

export const equipmentCommand = (): Command =>
  new Command("equipment").description("every machine, board, meter and PDU this rack has ever had, signed")
    .addOption(new Option("--format <format>", "write it to a file: csv for authorities, json for programs").choices(["json", "csv"]))
    .option("--out <file>", "which file; - is standard output")
    .action(equipment);

async function equipment({ format, out }: EquipmentOptions, command: Command): Promise<void> {
  const { name, text } = (await client(command).ask("GET", `/equipment?format=${format ?? "json"}`)) as { readonly name: string; readonly text: string };
  if (format !== undefined && out !== "-") {
    const file = out ?? name;
    await writeFile(file, text);
    print(`${file}  (check it anywhere with: curtailctl report verify ${file})`);
    return;
  }
  if (format !== undefined) {
    process.stdout.write(text);
    return;
  }
  const { report } = JSON.parse(text) as { readonly report: RegisterSheet };
  if (commonOptions(command).json === true) return printJson(report);
  if (report.items.length === 0) return print("Nothing is registered yet: the first look comes two minutes after the start.");
  const rows = report.items.filter(({ kind }) => kind !== "board").map((item) => [item.id, item.description, item.serial ?? "-", item.mac ?? "-", item.outlet ?? "-", item.firstSeen.slice(0, 10), item.lastSeen.slice(0, 16).replace("T", " ")]);
  print(celled([["id", "what it is", "serial", "MAC", "outlet", "first seen", "last seen"], ...rows], 7), `${report.items.length - rows.length} boards besides: --json lists them. Licence ${report.licence ?? "none"}.`);
}
