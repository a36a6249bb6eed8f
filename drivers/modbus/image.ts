import { decode } from "./decode.ts";
import type { Value } from "./decode.ts";
import type { Block, Place } from "./plan.ts";
import type { Profile } from "./profile.ts";

/** One value as it was read last. `good`: fresh; `stale`: older than its group allows; `unknown`: never read, or the device had none. */
export interface Sample {
  readonly key: string;
  readonly index: number;
  readonly value: Value;
  readonly unit: string | null;
  readonly quality: "good" | "stale" | "unknown";
  /** Monotonic milliseconds; null before the first reply. */
  readonly readAtMs: number | null;
}

/** What a device has said, each value with its own time. Old values are not served. */
export class Image {
  readonly #profile: Profile;
  readonly #places: ReadonlyMap<string, readonly Place[]>;
  readonly #values = new Map<Place, { readonly value: Value; readonly at: number }>();

  constructor(profile: Profile, places: readonly Place[]) {
    this.#profile = profile;
    const byKey = new Map<string, Place[]>();
    for (const place of places) byKey.set(place.key, [...(byKey.get(place.key) ?? []), place]);
    this.#places = byKey;
  }

  /** Takes the registers of one read. */
  take(block: Block, reply: readonly number[], now: number): void {
    for (const place of block.places) {
      const from = place.address - block.address;
      const factorWord = place.factorAddress === null ? undefined : reply[place.factorAddress - block.address];
      const exponent = factorWord === undefined ? null : this.#factor(place, factorWord);
      this.#values.set(place, { value: decode(place.point, reply.slice(from, from + place.words), this.#profile, exponent), at: now });
    }
  }

  /** The device refused to say these. */
  refused(block: Block, now: number): void {
    for (const place of block.places) this.#values.set(place, { value: null, at: now });
  }

  /** How many values of this point the device has. */
  count(key: string): number {
    return this.#places.get(key)?.length ?? 0;
  }

  place(key: string, index: number): Place | null {
    return this.#places.get(key)?.[index - 1] ?? null;
  }

  /**
   * One value. Those of a group with intervalMs 0 are re-read by every poll: `since` is when the poll began,
   * and what it did not bring is not served, or the age would be counted twice, here and where the reading is kept.
   */
  value(key: string, index: number, since: number, now: number): Value {
    const place = this.place(key, index);
    const known = place === null ? undefined : this.#values.get(place);
    if (place === null || known === undefined) return null;
    const group = this.#profile.groups[place.point.group];
    const oldest = group === undefined ? now : Math.max(now - group.staleAfterMs, group.intervalMs === 0 ? since : 0);
    return known.at >= oldest ? known.value : null;
  }

  /** A point's one number: combined where it is repeated. Part of it unknown is unknown. */
  number(key: string, since: number, now: number): number | null {
    const values = Array.from({ length: this.count(key) }, (_, at) => this.value(key, at + 1, since, now));
    const numbers = values.filter((value) => typeof value === "number");
    const [first] = values;
    const combine = this.#profile.points[key]?.combine ?? "first";
    if (combine === "first" || values.length === 0) return typeof first === "number" ? first : null;
    if (numbers.length < values.length) return null;
    const sum = numbers.reduce((total, value) => total + value, 0);
    return combine === "sum" ? sum : sum / numbers.length;
  }

  /** Everything, for people: also what is stale, and saying so. */
  samples(now: number): Sample[] {
    return [...this.#places.values()].flat().map((place) => {
      const known = this.#values.get(place);
      const stale = known !== undefined && now - known.at > (this.#profile.groups[place.point.group]?.staleAfterMs ?? 0);
      const value = known === undefined || stale ? null : known.value;
      const quality = stale ? "stale" : value === null ? "unknown" : "good";
      return { key: place.key, index: place.index, value, unit: place.point.unit ?? null, quality, readAtMs: known?.at ?? null };
    });
  }

  #factor({ point }: Place, word: number): number | null {
    const factor = point.scaleFrom === undefined ? undefined : this.#profile.points[point.scaleFrom];
    const exponent = factor === undefined ? null : decode(factor, [word], this.#profile);
    return typeof exponent === "number" ? exponent : null;
  }
}
