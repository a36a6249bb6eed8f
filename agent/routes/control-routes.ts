/** What the technician may ask and order: the routes behind the control sockets. */
import * as z from "zod";
import type { Decision } from "../core/decide.ts";
import type { Allocation } from "../core/grid.ts";
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { decisionOf, parse, who } from "./asked.ts";
import { deviceDetail, deviceRow } from "../report/devices.ts";
import { serviceRoutes } from "./service.ts";

const limitOrder = z.strictObject({
  limitW: z.number().min(0).max(100_000_000),
  /** Seconds; null: until cleared. */
  forS: z.number().positive().max(31 * 86_400).nullable(),
  who,
});
const order = z.strictObject({ who });

export function controlRoutes(daemon: Daemon): ControlRoute[] {
  const decision = () => decisionOf(daemon);
  const device = (id: string) => {
    const view = decision().views.find((candidate) => candidate.device.id === id);
    const loop = daemon.plant.device(id);
    if (view === undefined || loop === undefined) throw new ControlError(404, `no device ${id} in this rack`, "curtailctl devices lists them.");
    return deviceDetail(view, decision(), { description: loop.device.description, failure: loop.failure, notes: daemon.about(id) });
  };
  const status = () => {
    decision();
    return daemon.status;
  };
  return [
    ...serviceRoutes(daemon),
    { method: "GET", path: "/status", socket: "look", does: "The GLA/1 status object: what binds, what is drawn, how it is judged.", handle: async () => status() },
    { method: "GET", path: "/devices", socket: "look", does: "A row a miner: state, order, power, hashrate.", handle: async () => decision().views.map((view) => deviceRow(view, decision(), daemon.about(view.device.id))) },
    { method: "GET", path: "/devices/:id", socket: "look", does: "Everything known of one miner.", handle: async ({ params }) => device(params["id"] ?? "") },
    { method: "GET", path: "/meters", socket: "look", does: "Meters with their last reading, and why there is none.", handle: async () => daemon.plant.meters.map(({ meter, role, reading, failure }) => ({ id: meter.id, description: meter.description, role, reading, failure })) },
    { method: "GET", path: "/grid", socket: "look", does: "The documents in force, the technician's limit, the status.", handle: async () => gridView(daemon) },
    { method: "GET", path: "/card", socket: "look", does: "What an operator needs to know this rack by.", handle: async () => cardView(daemon, decision()) },
    {
      method: "GET",
      path: "/events",
      socket: "look",
      does: "The last events (last=N, at most 2000); with follow=1 server-sent events from now on.",
      handle: async ({ query }) => daemon.events.last(lastOf(query)),
      follow: (emit) => daemon.events.follow(emit),
    },
    {
      method: "POST",
      path: "/limit",
      socket: "act",
      does: "Sets the technician's own limit. It narrows like any other.",
      takes: limitOrder,
      async handle(request) {
        const { limitW, forS, who: name } = parse(limitOrder, request);
        await daemon.technician.limitBy({ powerW: limitW, forMs: forS === null ? null : forS * 1000 }, name);
        return { ok: true, limitW, forS };
      },
    },
    {
      method: "DELETE",
      path: "/limit",
      socket: "act",
      does: "Ends the technician's own limit.",
      takes: order,
      async handle(request) {
        const name = request.body === undefined ? (request.query.get("who") ?? "unknown") : parse(order, request).who;
        const had = daemon.technician.limit !== null;
        await daemon.technician.limitBy(null, name);
        return { ok: true, cleared: had };
      },
    },
    {
      method: "POST",
      path: "/stop",
      socket: "act",
      does: "Puts the whole rack to sleep until the technician's limit is ended.",
      takes: order,
      async handle(request) {
        const { who: name } = parse(order, request);
        await daemon.technician.limitBy({ powerW: 0, forMs: null }, name);
        return { ok: true, limitW: 0, forS: null };
      },
    },
  ];
}

/** What an operator needs to know this rack by. */
function cardView({ identity, signal, heartbeatTimeoutS, nominalW }: Daemon, { floor, failsafe }: Decision) {
  const { operator, node, key } = identity;
  if (key === null) throw new ControlError(503, "this rack has no key of its own", "Its state directory cannot be written to: the log says why.");
  return {
    v: 1, type: "CARD", operator, node, kid: key.kid, key: key.publicKey.export({ format: "jwk" }), fingerprint: key.fingerprint,
    nominalW, floorW: Math.round(floor), failsafeLimitW: Math.round(failsafe), heartbeatTimeoutS, signatures: signal.signatures,
  };
}

function gridView(daemon: Daemon) {
  const { heard, status, operated, tongues } = daemon;
  const { allocations, limits, levels, setpoints, latches } = heard;
  return { documents: [...allocations, ...limits, ...levels, ...setpoints, ...latches].filter(isStated), technician: daemon.technician.limit, status, operated, tongues };
}

/** What is never in force is there for its terms only. */
const isStated = (document: object): boolean => !("valid" in document) || (document as Allocation).valid.end !== 0;

function lastOf(query: URLSearchParams): number {
  const last = Number(query.get("last") ?? "50");
  return Number.isInteger(last) && last >= 0 ? Math.min(last, 2_000) : 50;
}
