/** What the documents that stand here state for this rack, in core's words: shares applied, draws made, slopes cut. */
import type { Allocation, Heard, LevelEvent, LimitEvent, SetpointEvent } from "../core/grid.ts";
import { instant, type Watts } from "../core/units.ts";
import { asLimit, withoutForce } from "../core/voices.ts";
import { bindLevel, bindPower, scaled } from "./bind.ts";
import type { Grant } from "./grants.ts";
import type { Shelf } from "./shelf.ts";
import type { Place, Topics } from "./topics.ts";

interface Here {
  readonly topics: Topics;
  readonly nominal: Watts;
  readonly grant: (place: Place) => Grant | null;
  /** In [0, 1): this device's draw for a document id. */
  readonly u: (id: string) => number;
}

/** Of SETPOINTs one without a priority goes last. */
const lastPriority = Number.MAX_SAFE_INTEGER;

export function statedHere(shelves: ReadonlyMap<string, Shelf>, { topics, nominal, grant, u }: Here): Omit<Heard, "heartbeat" | "latches"> {
  const allocations: Allocation[] = [];
  const limits: LimitEvent[] = [];
  const levels: LevelEvent[] = [];
  const setpoints: SetpointEvent[] = [];
  for (const [topic, shelf] of shelves) {
    const place = topics.read(topic);
    if (place === null) continue;
    const share = grant(place)?.share ?? null;
    const here = shelf.allocations();
    const replaced = Math.min(...here.map(({ document, kept }) => (kept ? Infinity : (document.allocation.valid.end ?? Infinity))));
    for (const { document, kept } of here) {
      const part = place.own ? 1 : share;
      if (part === null) continue;
      const allocation = place.own ? document.allocation : multiplied(document.allocation, Math.min(part, document.shares.get(`rack/${topics.rack}`) ?? part));
      // An allocation not yet on disk is none in force: otherwise the first would raise before it is kept.
      // Nor does one that it replaces come back when it is over: both narrow, and only what both leave in force is.
      allocations.push(kept ? endingBy(allocation, replaced) : withoutForce(allocation));
      if (!kept || replaced < Infinity) limits.push(asLimit(allocation));
    }
    for (const document of shelf.events()) {
      const terms = { share: share ?? 1, nominal, u: u(document.ref.id) };
      if (document.type === "LEVEL") {
        if (share !== null || !place.node.startsWith("area/")) levels.push(bindLevel(document, terms));
      } else if (share !== null) {
        if (document.type === "LIMIT") limits.push(bindPower(document, terms));
        else setpoints.push({ ...bindPower(document, terms), priority: document.priority ?? lastPriority });
      }
    }
  }
  return { allocations, limits, levels, setpoints };
}

function endingBy(allocation: Allocation, end: number): Allocation {
  const { valid } = allocation;
  return end < (valid.end ?? Infinity) ? { ...allocation, valid: { ...valid, end: instant(end) } } : allocation;
}

/** An ancestor's watts, of which a part is ours; times and percentages stay. */
function multiplied(allocation: Allocation, share: number): Allocation {
  const part = (power: Watts | null): Watts | null => (power === null ? null : scaled(power, share));
  return {
    ...allocation,
    ceiling: part(allocation.ceiling),
    firm: part(allocation.firm),
    schedule: allocation.schedule.map(({ span, limit }) => ({ span, limit: part(limit) })),
    failsafe: allocation.failsafe && { ...allocation.failsafe, limit: part(allocation.failsafe.limit) },
  };
}
