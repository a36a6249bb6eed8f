/** The VTN's broker: a message there says that something has changed, and is believed in nothing else. */
import { millis, seconds, type Millis } from "../../core/units.ts";
import type { Clock } from "../../runtime/clock.ts";
import { messageOf } from "../../runtime/errors.ts";
import type { Link } from "../../runtime/link.ts";
import type { Log } from "../../runtime/log.ts";
import type { Binding } from "../../signal/openadr/words.ts";
import type { Vtn } from "./vtn.ts";

/** Opens a link to the VTN's broker. `token`: for brokers that take it as a password. */
export type NoticeDoor = (binding: Binding, topics: readonly string[], token: string) => Link;

export interface Notices {
  readonly door: NoticeDoor;
  readonly vtn: Vtn;
  readonly clock: Clock;
  readonly log: Log;
  /** Something may have changed: a message came, or a connection, behind which messages may have been lost. */
  readonly told: () => void;
}

/** So often the VTN is asked anew for broker, topics and token: a broker may take a token when connecting only. */
const ANEW: Millis = seconds(1_800);
const [FIRST_WAIT, LONGEST_WAIT] = [seconds(5), seconds(600)];

export async function followNotices({ door, vtn, clock, log, told }: Notices, signal: AbortSignal): Promise<void> {
  let wait: number = FIRST_WAIT;
  let trouble: string | null = null;
  while (!signal.aborted) {
    try {
      const found = await vtn.notices(signal);
      if (found === null) throw new Error("the VTN tells of no changes over MQTT");
      const link = door(found.binding, found.topics, await vtn.token(signal));
      const session = new AbortController();
      const cancel = clock.after(ANEW, () => session.abort());
      const connected = (): void => {
        wait = FIRST_WAIT;
        trouble = null;
        told();
      };
      await link.run({ message: told, connected, disconnected: () => undefined }, AbortSignal.any([signal, session.signal])).finally(cancel);
    } catch (error) {
      if (signal.aborted) return;
      const reason = messageOf(error);
      if (reason !== trouble) log.info({ reason }, "changes are not told by the VTN: they are found by asking");
      trouble = reason;
      await clock.sleep(millis(wait), signal).catch(() => undefined);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    }
  }
}
