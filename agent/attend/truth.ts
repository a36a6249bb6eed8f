/** Looks at what meters, outlets and machines say of the same watts, and says where they part. */
import type { Config } from "../config/schema.ts";
import { formatOutlet } from "../config/address.ts";
import type { Decision } from "../core/decide.ts";
import { lasting, type Lasting } from "../core/lasting.ts";
import { nextStill, type Still } from "../core/stillness.ts";
import type { Tick } from "../core/time.ts";
import { checks, type DeviceTruth, type MeterTruth } from "../core/truth.ts";
import { seconds } from "../core/units.ts";
import type { View } from "../core/view.ts";
import type { MeterLoop } from "../plant/meter-loop.ts";
import type { Plant } from "../plant/plant.ts";
import type { Change } from "../report/changes.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { outletNames } from "./outlet-names.ts";

/** Older than this says nothing of now. */
const FRESH = seconds(5);

export class Truth implements Attendant {
  readonly name = "truth";
  readonly #nominal: number;
  /** Outlets that feed something the configuration names. */
  readonly #feeds: ReadonlySet<string>;
  #plant: Plant | null = null;
  #open: Lasting = new Map();
  readonly #still = new Map<string, Still>();

  constructor({ node, meters, contacts }: Pick<Config, "node" | "meters" | "contacts">) {
    this.#nominal = node.nominalW;
    this.#feeds = new Set(outletNames({ meters, contacts }).keys());
  }

  attach(_kept: unknown, { plant }: Desk): void {
    this.#plant = plant;
  }

  decided({ views, meter }: Decision, { tick }: { readonly tick: Tick }): readonly Change[] {
    const plant = this.#plant;
    if (plant === null) return [];
    const { uptime } = tick;
    const { open, said } = lasting(this.#open, checks(plant.meters.map((loop) => this.#meter(loop, plant, tick)), views.map((view) => deviceTruth(view, plant, { tick, frozen: meter === "frozen" })), this.#nominal), uptime);
    this.#open = open;
    const wired = byMeter(views, plant);
    return [...said, ...plant.meters.flatMap((loop) => this.#stalled(loop, measuresOutlets(loop) ? (wired.get(loop) ?? []) : views, tick))];
  }

  #meter(loop: MeterLoop, plant: Plant, tick: Tick): MeterTruth {
    const { meter, role, reading } = loop;
    const total = loop.total(tick);
    const fresh = total.age !== null && total.age <= FRESH;
    return {
      id: meter.id,
      isRack: role === "rack",
      // Profiles that only read may know some of the outlets; those that switch know them all.
      complete: meter.switches,
      power: fresh ? total.power : null,
      outlets: (reading?.outlets ?? []).filter(({ power }) => power !== null).map(({ index, power }) => {
        const name = formatOutlet({ meter: meter.id, outlet: index });
        return { name, power: fresh ? power : null, registered: plant.deviceOn(meter.id, index) !== null || this.#feeds.has(name) };
      }),
    };
  }

  /** `behind`: what it measures. */
  #stalled({ meter, reading }: MeterLoop, behind: readonly View[], tick: Tick): Change[] {
    const { id, accuracy } = meter;
    if (reading === null) return [];
    const words = behind.map(ownPower);
    const said = behind.length === 0 || words.includes(null) ? null : words.reduce<number>((sum, own) => sum + (own ?? 0), 0);
    const before = this.#still.get(id) ?? null;
    const now = nextStill(before, { figures: JSON.stringify([reading.power, reading.outlets]), said, resolution: accuracy.resolution * Math.max(1, reading.outlets.length) }, tick.uptime);
    if (now === null) return [];
    this.#still.set(id, now);
    if (now.stalled === (before?.stalled ?? false)) return [];
    return [now.stalled
      ? { name: "meter.stalled", fields: { meter: id, powerW: reading.power, forS: Math.round((tick.uptime - now.since) / 1000), machinesThenW: Math.round(now.said), machinesNowW: said } }
      : { name: "meter.moved", fields: { meter: id } }];
  }
}

function byMeter(views: readonly View[], plant: Plant): ReadonlyMap<MeterLoop, readonly View[]> {
  const wired = new Map<MeterLoop, View[]>(plant.meters.map((loop) => [loop, []]));
  for (const view of views) {
    const outlet = plant.outletOf(view.device.id);
    if (outlet !== null) wired.get(outlet.meter)?.push(view);
  }
  return wired;
}

const measuresOutlets = ({ reading }: MeterLoop): boolean => reading?.outlets.some(({ power }) => power !== null) === true;

const ownPower = ({ device: { reading } }: View): number | null => (reading.kind === "known" ? reading.telemetry.power : null);

function deviceTruth(view: View, plant: Plant, { tick, frozen }: { readonly tick: Tick; readonly frozen: boolean }): DeviceTruth {
  const { uptime } = tick;
  const { device, state, curve } = view;
  const wired = plant.outletOf(device.id);
  // What an outlet shows that reads open though its machine answers is not believed, and worth saying.
  const metered = wired === null || frozen || device.outlet === null ? device.outlet : wired.meter.outlet(wired.index, tick);
  const target = state.target;
  const open = device.feed?.on === false;
  return {
    id: device.id,
    outlet: wired === null ? null : { name: formatOutlet({ meter: wired.meter.meter.id, outlet: wired.index }), power: metered?.age != null && metered.age <= FRESH ? metered.power : null },
    own: ownPower(view),
    settled: !view.underway && !view.climbing && uptime >= state.settlesAt,
    whenOff: open ? 0 : target?.kind === "sleep" ? (curve.power[0] ?? device.nameplate.asleep) : null,
  };
}
