/**
 * LuxOS lets one session at a time change settings. Ours is as short as the order that needs it, so that technicians get theirs;
 * theirs may last for ever, as each use adds a minute. A raise waits for it and is refused in the end. What lowers power has a
 * deadline of its own: after a moment of waiting the other session is ended by `kill`, which the firmware has for this and
 * which costs its holder no more than another logon.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { MinerApi, Talk } from "../cgminer/api.ts";
import { rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import { Lane } from "../cgminer/lane.ts";
import { RefusedError } from "../cgminer/reply.ts";

const ANOTHER_SESSION = 402;
/** A session ends by itself this long after its last use. */
const SESSION_MS = 60_000;
const PAUSE_MS = 250;
/** An order that has failed may not hang on its farewell. */
const LOGOFF_MS = 1_000;

/** What an order is for: power that has to come down does not wait for others. */
export type Aim = "lower" | "raise";

export class Sessions {
  readonly #api: MinerApi;
  readonly #requestMs: number;
  readonly #lane = new Lane();
  /** Ours, and its logoff was not acknowledged. */
  #left: string | null = null;
  /** When the answer to a logon was lost: the session found then is taken for the one that is ours and whose id we never read. */
  #lostAt: number | null = null;
  #endedAt = -Infinity;

  constructor(api: MinerApi, requestMs: number) {
    this.#api = api;
    this.#requestMs = requestMs;
  }

  /** What a technician should know: for a minute after his session was ended. */
  said(): readonly string[] {
    return performance.now() - this.#endedAt < SESSION_MS ? ["another session was ended to lower the power: log on again"] : [];
  }

  /**
   * Runs `work` in a session. Logs off whatever happens. Throws `refused` when another session outlasts the talk's deadline;
   * when power is to be lowered, that session is ended after one request's time.
   */
  async use<T>(talk: Talk, aim: Aim, work: (id: string) => Promise<T>): Promise<T> {
    // What we do at the same time, an order and a blinking lamp, may not take each other for a technician.
    const turn = this.#lane.enter("order", talk.signal);
    if (turn !== null) await turn;
    try {
      const id = await this.#open(talk, aim);
      try {
        talk.signal.throwIfAborted();
        return await work(id);
      } finally {
        await this.#close(id);
      }
    } finally {
      this.#lane.leave();
    }
  }

  /** Ends what an order could not end. */
  async end(): Promise<void> {
    if (this.#left !== null) await this.#close(this.#left);
  }

  async #open(talk: Talk, aim: Aim): Promise<string> {
    const patientUntil = aim === "lower" ? performance.now() + this.#requestMs : Infinity;
    for (let killed = false; ; ) {
      await this.end();
      try {
        return await this.#logon(talk);
      } catch (error) {
        if (!(error instanceof RefusedError) || error.status.code !== ANOTHER_SESSION) throw error;
        if (killed || performance.now() < patientUntil) await this.#wait(talk, error);
        else killed = await this.#kill(talk);
      }
    }
  }

  /** Ends whatever session there is. Firmware that does not know the command leaves us waiting. */
  async #kill(talk: Talk): Promise<true> {
    try {
      await talk.tell("kill");
      this.#endedAt = performance.now();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
    }
    return true;
  }

  /** Not abortable, within one request's deadline: an answer that is not read is a session nobody can end. */
  async #logon(talk: Talk): Promise<string> {
    try {
      const id = idOf(await this.#uninterrupted(Math.min(this.#requestMs, talk.left())).ask("logon"));
      this.#lostAt = null;
      if (id === null) throw new DeviceError("malformed", "logon: the reply has no SessionID");
      return id;
    } catch (error) {
      if (mayHaveArrived(error)) this.#lostAt = performance.now();
      throw error;
    }
  }

  /** Another session is active: ended if it is the one we lost, waited for if not. */
  async #wait(talk: Talk, error: RefusedError): Promise<void> {
    const holder = idOf((await talk.report(["session"])).optional("session"));
    if (holder !== null && this.#lostAt !== null && performance.now() - this.#lostAt < SESSION_MS) {
      this.#lostAt = null;
      await this.#close(holder);
      return;
    }
    if (talk.left() <= PAUSE_MS) {
      const who = holder === null ? "another session" : `another session (${holder.slice(0, 3)}…)`;
      throw new DeviceError("refused", `logon: ${who} is active; it ends with its logoff or ${SESSION_MS / 1000} s after its last use`, { cause: error });
    }
    await sleep(PAUSE_MS, undefined, { signal: talk.signal }).catch(() => talk.signal.throwIfAborted());
  }

  async #close(id: string): Promise<void> {
    this.#left = id;
    try {
      await this.#uninterrupted(LOGOFF_MS).tell("logoff", id);
      this.#left = null;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      // A refusal means that there is no such session any more; anything else is made good before the next order.
      if (error.code === "refused") this.#left = null;
    }
  }

  #uninterrupted(totalMs: number): Talk {
    return this.#api.talk("order", totalMs, NEVER);
  }
}

/** Whether the miner may have taken a request whose answer we do not have. */
function mayHaveArrived(error: unknown): boolean {
  if (!(error instanceof DeviceError) || error.code === "refused") return false;
  return (error.cause as NodeJS.ErrnoException | undefined)?.code !== "ECONNREFUSED";
}

const NEVER = new AbortController().signal;

function idOf(reply: JsonObject | null): string | null {
  return textAt(rowsAt(reply, "SESSION")[0], "SessionID");
}
