/** Refusals are counted by code and reported at most once a minute and code, however many come. */
import type { Tick } from "../core/time.ts";
import { millis, seconds, type Instant, type Millis } from "../core/units.ts";
import type { SignalEvent } from "./effects.ts";
import { sha256 } from "./entry.ts";
import type { Refusal, RefusalCode } from "./result.ts";

export interface Refused {
  readonly count: number;
  readonly lastAt: Instant;
}

const interval = seconds(60);

interface Line {
  readonly code: RefusalCode;
  readonly alarm: boolean;
  reason: string;
  topic: string;
  /** The last message of the kind. */
  message: Uint8Array;
  total: number;
  unreported: number;
  lastAt: Instant;
  reportedAt: Millis | null;
}

export class Refusals {
  /** The message being looked at: a refusal is about this one. */
  arriving: Uint8Array = new Uint8Array();
  /** By code and whether it is an alarm: 24 lines at most. */
  readonly #lines = new Map<string, Line>();

  /** Returns the event that is due now, if one is. */
  count({ code, reason }: Refusal, topic: string, { alarm, tick, at }: { readonly alarm: boolean; readonly tick: Tick; readonly at: Instant }): SignalEvent[] {
    const key = alarm ? `${code}!` : code;
    const line = this.#lines.get(key) ?? { code, alarm, reason, topic, message: this.arriving, total: 0, unreported: 0, lastAt: at, reportedAt: null };
    line.total += 1;
    line.unreported += 1;
    line.reason = reason;
    line.topic = topic.slice(0, 256);
    line.message = this.arriving;
    line.lastAt = at;
    this.#lines.set(key, line);
    return this.#due(line, tick.uptime);
  }

  passed({ uptime }: Tick): SignalEvent[] {
    return [...this.#lines.values()].flatMap((line) => this.#due(line, uptime));
  }

  summary(): Readonly<Partial<Record<RefusalCode, Refused>>> {
    const summary: Partial<Record<RefusalCode, Refused>> = {};
    for (const { code, total, lastAt } of this.#lines.values()) {
      const other = summary[code];
      summary[code] = { count: total + (other?.count ?? 0), lastAt: other !== undefined && other.lastAt > lastAt ? other.lastAt : lastAt };
    }
    return summary;
  }

  #due(line: Line, uptime: Millis): SignalEvent[] {
    if (line.unreported === 0) return [];
    if (line.reportedAt !== null && millis(uptime - line.reportedAt) < interval) return [];
    const { code, reason, topic, message, alarm, unreported: count, total } = line;
    line.unreported = 0;
    line.reportedAt = uptime;
    return [{ kind: "event", name: "signal.refused", fields: { code, reason, topic, bytes: message.length, sha256: sha256(message), alarm, count, total } }];
  }
}
