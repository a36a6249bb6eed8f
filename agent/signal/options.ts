/** What the configuration says to the signal room. */
import type { KeyObject } from "node:crypto";
import type { Watts } from "../core/units.ts";
import type { ClockMode } from "./wall.ts";

export interface SignalOptions {
  readonly prefix: string;
  readonly operator: string;
  readonly site: string;
  readonly rack: string;
  readonly signatures: "required" | "optional";
  readonly heartbeat: "required" | "optional";
  readonly clock: ClockMode;
  /** Public half of the key that signs KEYS; null: no signed document can be verified. */
  readonly rootKey: KeyObject | null;
  /** What the rack draws in full operation: where a slope begins. */
  readonly nominal: Watts;
  /** Leave a MAY undone. */
  readonly optOut: boolean;
  /** By node, `site/s1` or `area/north`: the configuration's own word on our part of their watts. */
  readonly shares: Readonly<Record<string, number>>;
  /** 32 fresh random bytes in hex, asked for on the first start only. */
  readonly drawSeed: () => string;
}
