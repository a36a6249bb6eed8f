/** The search for which outlet feeds which machine: begun, watched and stopped by a technician. Nothing is written by it. */
import * as z from "zod";
import type { Commissioning } from "../attend/commissioning.ts";
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { formatOutlet } from "../config/address.ts";
import { parse, who } from "./asked.ts";

/** What counts as drawing: more than a lamp on the plug. */
const DRAWS_W = 50;

const order = z.strictObject({ who });
const wish = z.strictObject({ share: z.number().positive().max(1), devices: z.array(z.string().min(1).max(64)).max(5_000), who });

export type MapAnswer = ReturnType<typeof mapView>;

export function mapRoutes(daemon: Daemon, commissioning: Commissioning): ControlRoute[] {
  return [
    { method: "GET", path: "/map", socket: "look", does: "How far the search for outlets is, and what it found.", handle: async () => mapView(daemon, commissioning) },
    {
      method: "POST",
      path: "/map",
      socket: "act",
      does: "Begins the search for which outlet feeds which miner.",
      takes: wish,
      async handle(request) {
        const { share, devices, who: name } = parse(wish, request);
        for (const id of devices) if (daemon.plant.device(id) === undefined) throw new ControlError(404, `no device ${id} in this rack`, "curtailctl devices lists them.");
        if (!daemon.plant.meters.some(({ reading }) => reading?.outlets.some(({ power }) => power !== null))) throw new ControlError(409, "no meter of this rack shows the power of single outlets", "Enter the PDU under meters; curtailctl pdu shows what is read.");
        if (!commissioning.start({ most: share * daemon.nominalW, devices, who: name })) throw new ControlError(409, `a search is under way, begun by ${commissioning.survey?.who ?? "somebody"}`, "Watch it with curtailctl map show, or end it with curtailctl map stop.");
        return mapView(daemon, commissioning);
      },
    },
    {
      method: "DELETE",
      path: "/map",
      socket: "act",
      does: "Ends the search for outlets.",
      takes: order,
      async handle(request) {
        const { who: name } = parse(order, request);
        const running = commissioning.running;
        commissioning.stop(`stopped by ${name}`);
        return { ok: true, stopped: running };
      },
    },
  ];
}

function mapView({ plant }: Daemon, { survey }: Commissioning) {
  if (survey === null) return null;
  const found = new Set(survey.result.pairs.map(({ outlet }) => outlet));
  const drawing = plant.meters.flatMap(({ meter, reading }) => (reading?.outlets ?? []).flatMap(({ index, power }) => (power !== null && power > DRAWS_W ? [{ outlet: formatOutlet({ meter: meter.id, outlet: index }), powerW: power }] : [])));
  const configured = (device: string): string | null => {
    const wired = plant.outletOf(device);
    return wired === null ? null : formatOutlet({ meter: wired.meter.meter.id, outlet: wired.index });
  };
  return {
    ...survey,
    result: {
      ...survey.result,
      pairs: survey.result.pairs.map((pair) => ({ ...pair, configured: configured(pair.device) })),
      /** Outlets that draw and were found to feed nobody. */
      unmatchedOutlets: drawing.filter(({ outlet }) => !found.has(outlet)),
    },
  };
}
