/** The VTN of the rig in memory, on a virtual clock: asked without sockets. */
import { millis } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { HttpClient, HttpAnswer } from "../../agent/runtime/http-client.ts";
import { Vtn, type VtnOptions } from "../../drivers/sim/vtn.ts";

export const OWNER = { id: "owner", secret: "owner-secret" };
export const VEN = { id: "ven", secret: "ven-secret" };

export function memoryVtn(clock: Clock, over: Partial<VtnOptions> = {}): Vtn {
  return new Vtn({ vens: { [VEN.id]: VEN.secret }, owner: OWNER, now: () => clock.now().at, ...over });
}

/** An answer takes a moment; one that never comes is waited for ten seconds. */
export function memoryWeb(vtn: Vtn, clock: Clock): HttpClient {
  return {
    async ask({ method, url, headers, body }, signal): Promise<HttpAnswer> {
      await clock.sleep(millis(20), signal);
      const answer = vtn.respond({ method, url: new URL(url).pathname + new URL(url).search, authorization: headers["authorization"], body: body ?? "" });
      if (answer === null || answer.breaks) {
        await clock.sleep(millis(10_000), signal);
        throw new Error("no answer within 10 s");
      }
      return { status: answer.status, headers: answer.headers, body: Buffer.from(answer.text) };
    },
    close: () => undefined,
  };
}

/** The program's owner. */
export class Owner {
  readonly #vtn: Pick<Vtn, "respond">;
  readonly #token: string;
  programId = "";

  constructor(vtn: Pick<Vtn, "respond">) {
    this.#vtn = vtn;
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: OWNER.id, client_secret: OWNER.secret });
    const answer = vtn.respond({ method: "POST", url: "/openadr3/3.1.0/auth/token", authorization: undefined, body: form.toString() });
    this.#token = (JSON.parse(answer?.text ?? "{}") as { access_token: string }).access_token;
  }

  /** Answers with the object made. */
  ask(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body: object | null = null): { readonly id: string } {
    const answer = this.#vtn.respond({ method, url: `/openadr3/3.1.0${path}`, authorization: `Bearer ${this.#token}`, body: body === null ? "" : JSON.stringify(body) });
    if (answer === null || answer.status >= 300) throw new Error(`${method} ${path}: ${answer?.status} ${answer?.text}`);
    return JSON.parse(answer.text) as { id: string };
  }

  program(name = "capacity"): string {
    this.programId = this.ask("POST", "/programs", { programName: name, payloadDescriptors: [{ payloadType: "IMPORT_CAPACITY_LIMIT", units: "KW" }] }).id;
    return this.programId;
  }

  /** From now on, until it is deleted or its `minutes` are over. */
  limit(kW: number, over: object = {}): string {
    return this.say("IMPORT_CAPACITY_LIMIT", kW, over);
  }

  say(type: string, value: unknown, over: object = {}): string {
    const event = { programID: this.programId, intervalPeriod: { start: "0001-01-01", duration: "P9999Y" }, intervals: [{ id: 0, payloads: [{ type, values: [value] }] }], ...over };
    return this.ask("POST", "/events", event).id;
  }
}
