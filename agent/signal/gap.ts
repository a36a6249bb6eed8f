/** Is anything missing that the operator has said? What was verified and what stands, against what the heartbeat names. */
import type { Tick } from "../core/time.ts";
import type { Desk } from "./desk.ts";
import { event, type SignalEffect } from "./effects.ts";
import type { Verified } from "./heartbeat.ts";

export function review(desk: Desk, { uptime }: Tick): SignalEffect[] {
  const missing = desk.heartbeat.missing(verifiedBy(desk));
  const change = desk.heartbeat.gap(missing.length > 0, uptime);
  const effects: SignalEffect[] = change === null ? [] : [event(`gap.${change}`, { topics: missing.join(" ").slice(0, 500), count: missing.length })];
  return desk.heartbeat.asksAgain(uptime) ? [...effects, { kind: "resubscribe" }] : effects;
}

/** LPC-921 would let a heartbeat alone lift the failsafe limit; we do not, and say what it would have to name. */
export function unconfirmed(desk: Desk, { uptime }: Tick): SignalEffect[] {
  const change = desk.heartbeat.unconfirmed(uptime, desk.timeout());
  if (change === null) return [];
  if (change === "given") return [event("signal.confirmed", {})];
  const topics = desk.heartbeat.differences(verifiedBy(desk));
  return [event("signal.unconfirmed", { topics: topics.join(" ").slice(0, 500), count: topics.length })];
}

export function verifiedBy(desk: Desk): Verified {
  return {
    latest: (topic) => desk.ledger.latest(topic),
    obeys: (topic) => {
      const place = desk.topics.read(topic);
      return place !== null && place.kind !== "heartbeat" && (!place.node.startsWith("area/") || desk.grant(place) !== null);
    },
    standing: () => [
      ...[...desk.shelves].filter(([, shelf]) => shelf.speaks).map(([topic]) => topic),
      ...[...desk.latches].filter(([, { latch }]) => latch !== null).map(([topic]) => topic),
    ],
  };
}
