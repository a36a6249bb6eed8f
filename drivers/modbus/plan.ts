import { wordsOf } from "./decode.ts";
import type { Limits, Point, Profile } from "./profile.ts";
import type { Table } from "./request.ts";

/** One value at its place on the wire. `index` counts from 1; points without repeat have only that one. */
export interface Place {
  readonly key: string;
  readonly index: number;
  readonly point: Point;
  readonly address: number;
  readonly words: number;
  /** Where the power of ten of a `scaleFrom` lies. */
  readonly factorAddress: number | null;
}

/** One read, and the values in it. */
export interface Block {
  readonly group: string;
  readonly table: Table;
  readonly address: number;
  readonly count: number;
  readonly places: readonly Place[];
}

/** Every value of a profile, repeated as often as the device has it. `counts`: what the device told; a missing one is none. `base`: where a map that moves begins. */
export function placesOf(profile: Profile, counts: ReadonlyMap<string, number>, base = 0): Place[] {
  const offset = base - profile.addressBase;
  return Object.entries(profile.points).flatMap(([key, point]) => {
    const factor = point.scaleFrom === undefined ? undefined : profile.points[point.scaleFrom];
    const words = wordsOf(point);
    let addresses = [point.address + offset];
    for (const { count, stride } of point.repeat ?? []) {
      const times = typeof count === "number" ? count : (counts.get(count) ?? 0);
      addresses = addresses.flatMap((first) => Array.from({ length: times }, (_, step) => first + step * stride));
    }
    const factorAddress = factor === undefined ? null : factor.address + offset;
    return addresses.map((address, at) => ({ key, index: at + 1, point, address, words, factorAddress }));
  });
}

/**
 * Reads that cover all places: neighbours of the same group and table together, up to the limits of the device.
 * A value is never split, and neither is a value and its factor: they could be from two moments.
 */
export function planReads(places: readonly Place[], limits: Limits): Block[] {
  const spans = places.map(spanOf).toSorted((a, b) => byLane(a, b) || a.start - b.start);
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    const end = Math.max(last?.end ?? 0, span.end);
    if (last?.lane === span.lane && span.start - last.end <= gap(span, limits) && end - last.start <= longest(span, limits)) {
      joined[joined.length - 1] = { ...last, end, places: [...last.places, ...span.places] };
    } else joined.push(span);
  }
  return joined.map(({ start, end, places: [first, ...others] }) => ({
    group: first.point.group, table: first.point.table, address: start, count: end - start, places: [first, ...others],
  }));
}

interface Span {
  /** Only what shares it can be read together. */
  readonly lane: string;
  readonly start: number;
  readonly end: number;
  readonly places: readonly [Place, ...Place[]];
}

/** By the characters: a collator for these few names is 2 MB. */
const byLane = (a: Span, b: Span): number => (a.lane === b.lane ? 0 : a.lane < b.lane ? -1 : 1);

function spanOf(place: Place): Span {
  const factor = place.factorAddress ?? place.address;
  return {
    lane: `${place.point.group} ${place.point.table}`,
    start: Math.min(place.address, factor),
    end: Math.max(place.address + place.words, place.factorAddress === null ? 0 : factor + 1),
    places: [place],
  };
}

const ofBits = ({ places: [{ point }] }: Span): boolean => point.table === "coil" || point.table === "discrete";
const gap = (span: Span, limits: Limits): number => (ofBits(span) ? 0 : limits.maxGapWords);
const longest = (span: Span, limits: Limits): number => (ofBits(span) ? limits.maxBits : limits.maxWords);
