/** The grid of the demo in OpenADR: the owner of a program at the rig's VTN. It knows the rack by the events it writes only. */
import { HEARTBEAT_TIMEOUT_S } from "./story.ts";
import type { Grid } from "./grid.ts";

export interface OwnerOptions {
  readonly url: string;
  readonly id: string;
  readonly secret: string;
  /** The VTN falls silent for the rack, or is back. */
  readonly silence: (silent: boolean) => Promise<void>;
}

/** What the rack's configuration says of this VTN: asked every second, lost soon, as the story's times are short. */
export const DEMO_VTN = { pollS: 1, lostAfterS: HEARTBEAT_TIMEOUT_S } as const;

export async function openOwner(options: OwnerOptions): Promise<Grid> {
  const { url, id, secret, silence } = options;
  const answer = await fetch(`${url}/auth/token`, { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret }) });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const ask = async (method: string, path: string, body?: object): Promise<{ readonly id: string }> => {
    const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, ...(body !== undefined && { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`the VTN answers ${response.status} to ${method} ${path}`);
    return (await response.json()) as { id: string };
  };
  const program = await ask("POST", "/programs", { programName: "capacity", payloadDescriptors: [{ payloadType: "IMPORT_CAPACITY_LIMIT", units: "KW" }] });
  const event = (eventName: string, type: string, value: number | string): object => ({
    programID: program.id, eventName, intervalPeriod: { start: "0001-01-01", duration: "P9999Y" }, intervals: [{ id: 0, payloads: [{ type, values: [value] }] }],
  });
  let limit: string | null = null;
  let alert: string | null = null;
  return {
    async allocate(limitW) {
      const before = limit;
      if (limitW === null) {
        if (before !== null) await ask("DELETE", `/events/${before}`);
        limit = null;
      } else {
        const wanted = event("demo limit", "IMPORT_CAPACITY_LIMIT", limitW / 1_000);
        limit = before === null ? (await ask("POST", "/events", wanted)).id : (await ask("PUT", `/events/${before}`, wanted)).id;
      }
      return null;
    },
    heartbeat: (beats) => silence(!beats),
    async emergency() {
      alert = (await ask("POST", "/events", event("demo emergency", "ALERT_GRID_EMERGENCY", "a line has tripped"))).id;
    },
    async release() {
      if (alert !== null) await ask("DELETE", `/events/${alert}`);
      alert = null;
    },
  };
}
