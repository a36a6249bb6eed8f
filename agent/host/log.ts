/**
 * The log: lines on standard output, each a sentence and its facts. The journal gets them behind a priority, a terminal
 * behind the time, everybody else as JSON. Written synchronously: a flood costs time, never memory.
 */
import { pino } from "pino";
import type { Log, Logbook, LogLevel } from "../runtime/log.ts";
import { Secrets } from "../runtime/secrets.ts";

export interface LogOptions {
  readonly level: LogLevel;
  readonly form: LogForm;
  /** What may not be written; values of secret files are learnt while it runs. */
  readonly secrets?: Secrets;
  /** Takes one finished line; standard output unless given. */
  readonly write?: (line: string) => void;
}

/** `journal`: the sentence and its facts behind a priority, time and level being the journal's; `lines`: JSON; `terminal`: readable. */
export type LogForm = "journal" | "lines" | "terminal";

/** Priorities of syslog, by pino's level. */
const priorities: Readonly<Record<number, number>> = { 50: 3, 40: 4, 30: 6, 20: 7 };

/** What standard output is, from the environment systemd gives and from whether it is a terminal. */
export const logForm = (env: NodeJS.ProcessEnv, isTerminal: boolean): LogForm => (isTerminal ? "terminal" : env["JOURNAL_STREAM"] === undefined ? "lines" : "journal");

export function createLogbook({ level, form, secrets = new Secrets(), write = standardOutput() }: LogOptions): Logbook {
  const stream = {
    [Symbol.for("pino.metadata")]: true,
    lastLevel: 0,
    write(line: string): void {
      write(form === "lines" ? line : form === "journal" ? `<${priorities[this.lastLevel] ?? 6}>${sentence(line)}\n` : readable(line));
    },
  };
  const root = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => secrets.hide(fields) },
      hooks: {
        logMethod([fields, text], method) {
          method.apply(this, [fields as object, secrets.text(String(text))]);
        },
      },
    },
    stream,
  );
  const rooms = new Map<string, pino.Logger>();
  return {
    room(name): Log {
      const room = rooms.get(name) ?? root.child({ room: name }, { level: root.level });
      rooms.set(name, room);
      return room;
    },
    levels: () => Object.fromEntries([...rooms].map(([name, room]) => [name, room.level as LogLevel])),
    tell(name, wanted) {
      const told = name === null ? [root, ...rooms.values()] : [rooms.get(name)];
      for (const logger of told) if (logger !== undefined) logger.level = wanted;
    },
  };
}

function standardOutput(): (line: string) => void {
  const output = pino.destination({ fd: 1, sync: true });
  // Nobody reads any more: the rack is not worse for it.
  output.on("error", () => undefined);
  return (line) => void output.write(line);
}

/** `a miner does not answer  room=daemon  event=device.lost  device=asic-01` */
function sentence(line: string): string {
  const { time: _time, level: _level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const facts = Object.entries(fields).map(([name, value]) => `  ${name}=${typeof value === "string" ? value.replaceAll(/\s+/g, " ") : JSON.stringify(value)}`);
  return `${String(msg)}${facts.join("")}`;
}

/** `08:14:03 WARN  lost the connection to the broker  reason=keepalive timeout` */
function readable(line: string): string {
  const { time, level } = JSON.parse(line) as Record<string, unknown>;
  return `${String(time).slice(11, 19)} ${String(level).toUpperCase().padEnd(5)} ${sentence(line)}\n`;
}
