/** PDUs and meters as the technician sees them, and what he may do to an outlet. */
import * as z from "zod";
import type { OutletBook } from "../attend/outlet-book.ts";
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRequest, type ControlRoute } from "../link/control.ts";
import type { MeterLoop } from "../plant/meter-loop.ts";
import type { Outlet } from "../plant/outlet.ts";
import { DeviceError } from "../runtime/errors.ts";
import type { Clock } from "../runtime/clock.ts";
import { parse, who } from "./asked.ts";

const why = z.string().min(3).max(200);

export function outletRoutes(daemon: Daemon, { book, clock }: { readonly book: OutletBook; readonly clock: Clock }): ControlRoute[] {
  const switching = z.strictObject({ on: z.boolean(), why, who });
  const locking = z.strictObject({ locked: z.boolean(), why, who });
  const found = ({ params }: ControlRequest): Outlet => {
    const name = `${params["meter"] ?? ""}/${params["outlet"] ?? ""}`;
    const outlet = daemon.plant.switchboard.outlet(name);
    if (outlet === undefined) throw new ControlError(404, `no outlet ${name} that can be switched`, "curtailctl pdu lists them; a PDU that was never reached has none yet.");
    return outlet;
  };
  return [
    { method: "GET", path: "/pdus", socket: "look", does: "PDUs and meters with their outlets.", handle: async () => daemon.plant.meters.map((loop) => pduRow(loop, daemon, { book, clock })) },
    {
      method: "POST",
      path: "/outlets/:meter/:outlet",
      socket: "act",
      does: "Opens or closes an outlet by hand.",
      takes: switching,
      async handle(request) {
        const { on, ...by } = parse(switching, request);
        const outlet = found(request);
        if (on) assertRoom(outlet, daemon);
        await obeyed(book.switch(outlet, on, { ...by, at: clock.now().at }));
        return { ok: true, outlet: outlet.name, on };
      },
    },
    {
      method: "POST",
      path: "/outlets/:meter/:outlet/lock",
      socket: "act",
      does: "Locks an outlet against switching, or unlocks it.",
      takes: locking,
      async handle(request) {
        const { locked, ...by } = parse(locking, request);
        const outlet = found(request);
        await book.lock(outlet, locked, { ...by, at: clock.now().at });
        return { ok: true, outlet: outlet.name, locked };
      },
    },
  ];
}

/** A machine that gets power may draw its nameplate while it boots: there has to be room for it. */
function assertRoom({ name, device }: Outlet, { decision }: Daemon): void {
  if (decision === null) throw new ControlError(503, "the first decision is not made yet", "Try again in a second.");
  if (decision.state === "emergency") throw new ControlError(409, `${name} stays open: there is an emergency`, "curtailctl why says which, and how it ends.");
  const { effective: { limit }, draw } = decision;
  const nameplate = decision.views.find((view) => view.device.id === device)?.device.nameplate.highest ?? 0;
  if (limit.kind === "unlimited" || draw.high + nameplate <= limit.power) return;
  throw new ControlError(409, `${name} stays open: ${device ?? "what hangs on it"} may draw ${Math.round(nameplate)} W while it boots, and the limit leaves ${Math.max(0, Math.round(limit.power - draw.high))} W`, "Wait for a higher limit, or put another machine to sleep first.");
}

async function obeyed(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof DeviceError) throw new ControlError(409, error.message, "curtailctl pdu shows what is known of it; curtailctl events what happened.");
    throw error;
  }
}

export type PduRow = ReturnType<typeof pduRow>;

function pduRow(loop: MeterLoop, { plant, decision }: Daemon, { book, clock }: { readonly book: OutletBook; readonly clock: Clock }) {
  const { meter, role, reading, failure } = loop;
  const { uptime, at } = clock.now();
  const { age } = loop.total({ uptime, at, error: null });
  const nameplates = new Map(decision?.views.map(({ device }) => [device.id, device.nameplate.highest]));
  return {
    id: meter.id,
    description: meter.description,
    role,
    switches: meter.switches,
    powerW: reading?.power ?? null,
    voltageV: reading?.voltage ?? null,
    frequencyHz: reading?.frequencyHz ?? null,
    energyWh: reading?.energyWh ?? null,
    ageS: age === null ? null : Math.round(age / 100) / 10,
    failure,
    trusted: role === "outlets" || decision === null || decision.meter === "trusted",
    inputs: reading?.inputs ?? [],
    outlets: (reading?.outlets ?? []).map(({ index, on, power }) => {
      const known = plant.switchboard.outlet(`${meter.id}/${index}`);
      const device = plant.deviceOn(meter.id, index);
      return {
        outlet: index,
        on,
        powerW: power,
        device,
        feeds: book.names.get(`${meter.id}/${index}`) ?? null,
        mostW: device === null ? null : (nameplates.get(device) ?? null),
        opens: known?.opens ?? "never",
        hold: known?.hold ?? null,
        last: known?.last ?? null,
        restLeftS: known === undefined ? 0 : Math.ceil(known.restLeft(uptime) / 1000),
      };
    }),
  };
}
