/** Everything the daemon says, in a technician's words: the log's sentences, `curtailctl explain` and docs/runbook.md come from here. */
import { contactEvents } from "./contacts.ts";
import { alarms, controllerEvents } from "./controller.ts";
import { deviceEvents } from "./devices.ts";
import type { Chapter, Entry, Level } from "./entry.ts";
import { evidenceEvents } from "./evidence.ts";
import { gridEvents } from "./grid.ts";
import { rackEvents } from "./rack.ts";
import { complianceWords, refusals, sources, states } from "./words.ts";

export type { Entry } from "./entry.ts";

export const chapters: readonly { readonly title: string; readonly about: string; readonly entries: Chapter }[] = [
  { title: "Events: the grid", about: "in `curtailctl events`, in the log and on the topic `notice`", entries: gridEvents },
  { title: "Events: the rack", about: "in `curtailctl events`, in the log and on the topic `notice`", entries: rackEvents },
  { title: "Events: single miners", about: "in `curtailctl events`, in the log and on the topic `notice`", entries: deviceEvents },
  { title: "Events: outlets and contacts", about: "in `curtailctl events`, in the log and on the topic `notice`", entries: contactEvents },
  { title: "Events: the controller", about: "in `curtailctl events`, in the log and on the topic `notice`", entries: controllerEvents },
  { title: "Events: evidence", about: "in `curtailctl events`, in the log and on the topic `notice`", entries: evidenceEvents },
  { title: "Alarms of the controller", about: "named in `alarm.raised`, listed by `curtailctl doctor`", entries: alarms },
  { title: "States", about: "`state` in `curtailctl status`", entries: states },
  { title: "Compliance", about: "`compliance` in `curtailctl status`", entries: complianceWords },
  { title: "Where a limit comes from", about: "`limitSource` in `curtailctl status`", entries: sources },
  { title: "Codes of refusal", about: "`code` of signal.refused, `refused` in `curtailctl status`", entries: refusals },
];

const all: ReadonlyMap<string, Entry> = new Map(chapters.flatMap(({ entries }) => Object.entries(entries)));

/** Every name there is an entry of. */
export const runbookNames: readonly string[] = [...all.keys()];

/** Every alarm of the controller. */
export const controllerAlarms: readonly string[] = Object.keys(alarms);

/** null: nobody has written about it. */
export const explained = (name: string): Entry | null => all.get(name) ?? null;

/** How the log says an event. One nobody has written about is said by its name. */
export function spoken(name: string, fields: Readonly<Record<string, unknown>>): { readonly level: Level; readonly text: string } {
  const entry = explained(name);
  if (entry === null) return { level: "info", text: name };
  return { level: entry.to?.[String(fields["to"])] ?? entry.level, text: entry.says };
}
