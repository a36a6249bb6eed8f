/** Events that follow from one decision to the next: emitted on change, not on repetition. */
import type { Decision } from "../core/decide.ts";
import type { CoolAir } from "../core/heat.ts";
import { whole } from "./figures.ts";
import { limitW, measuredW } from "./status.ts";

export interface Change {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function changesBetween(before: Decision | null, after: Decision): Change[] {
  const changes: Change[] = [];
  const say = (name: string, fields: Change["fields"]): void => void changes.push({ name, fields });
  if (before?.state !== after.state) say("mode.changed", { from: before?.state ?? null, to: after.state });
  const [was, is] = [before?.effective.binding ?? null, after.effective.binding];
  if (before === null || was?.power !== is?.power || was?.source !== is?.source || was?.ref?.id !== is?.ref?.id) {
    say("limit.changed", { fromW: before === null ? null : limitW(before.effective.limit), toW: limitW(after.effective.limit), source: is?.source ?? null, doc: is?.ref?.id ?? null });
  }
  if (before?.compliance.kind !== after.compliance.kind) {
    say("compliance.changed", { from: before?.compliance.kind ?? null, to: after.compliance.kind, powerW: measuredW(after), lowW: whole(after.draw.low), highW: whole(after.draw.high) });
  }
  if (before !== null && before.meter !== after.meter) {
    if (after.meter === "trusted") say("meter.agreed", { was: before.meter });
    else say("meter.disagreed", { reason: after.meter === "frozen" ? "it did not move with the last orders" : "the machines together say more than 5 % otherwise", powerW: measuredW(before) });
  }
  if (before?.mains === "on" && after.mains === "lost") say("mains.lost", {});
  if (after.mains === "returned") say("mains.returned", { state: after.state });
  const hot = new Map(before?.hot.map((guard) => [guard.id, guard]));
  for (const { id, by, reading, limit, ceiling } of after.hot) {
    const was = hot.get(id);
    if (was === undefined || (was.ceiling === 0) !== (ceiling === 0)) say("device.hot", { device: id, by, reading: Math.round(reading), limit, asleep: ceiling === 0 });
  }
  const warm = new Set(after.hot.map(({ id }) => id));
  for (const id of hot.keys()) if (!warm.has(id)) say("device.cooled", { device: id });
  const [opened, opens] = [opening(before?.coolAir ?? null), opening(after.coolAir)];
  if (after.coolAir !== null && opens !== opened) {
    const { air, cool, open, machines } = after.coolAir;
    say(opens === "all" || opened === "none" ? "air.cooled" : "air.warmed", { airC: air, coolInletC: cool, open, machines });
  }
  const quarantined = new Set(before?.quarantined.map(({ id }) => id));
  for (const { id, reason } of after.quarantined) if (!quarantined.has(id)) say("device.quarantined", { device: id, reason });
  const still = new Set(after.quarantined.map(({ id }) => id));
  for (const id of quarantined) if (!still.has(id)) say("device.readmitted", { device: id });
  return changes;
}

/** Machines stand at different places of the room: the first and the last that cool air reaches or leaves are told. Nobody has said yet: null. */
const opening = (air: CoolAir | null): "none" | "some" | "all" | null => (air === null ? null : air.open === 0 ? "none" : air.open === air.machines ? "all" : "some");
