/** What the daemon is assembled from: whatever touches the world comes in here, real or simulated. */
import type { KeyObject } from "node:crypto";
import type { Attendant } from "./attend/attendant.ts";
import type { Policy } from "./core/policy.ts";
import type { Switching, WiredDevice, WiredMeter } from "./plant/plant.ts";
import type { ProvenTransition } from "./report/capability.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Link } from "./runtime/link.ts";
import type { Log } from "./runtime/log.ts";
import type { Secrets } from "./runtime/secrets.ts";
import type { Store } from "./runtime/store.ts";
import type { Signal } from "./signal/signal.ts";

export interface DaemonParts {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly store: Store;
  readonly grid: Link;
  /** The node's topic root on the grid link. */
  readonly gridRoot: string;
  readonly farm: Link | null;
  readonly signal: Signal;
  /** false: no operator speaks on the grid link, and the grid is heard through attendants only. */
  readonly operated?: boolean;
  /** Whom the operator knows us as; `key` is null where none could be made or kept. */
  readonly identity: Identity;
  /** Signs what goes to the operator, where signatures are required; otherwise gives it back as it is. */
  readonly seal: (payload: string) => string;
  readonly wiring: { readonly devices: readonly WiredDevice[]; readonly meters: readonly WiredMeter[]; readonly switching?: Switching };
  readonly policy: Policy;
  /** What the rack's own feed carries; null: not stated. */
  readonly breakerW: number | null;
  readonly onStop: "failsafe" | "hold" | "sleep";
  readonly boot: string;
  readonly software: string;
  readonly config: "ok" | "last-good";
  readonly notify: Notify;
  readonly attendants: readonly Attendant[];
  /** What proof tests at this rack have measured. */
  readonly proven?: () => readonly ProvenTransition[];
  /** Takes what has to reach the operator, now or later; null: nothing can be kept for later. */
  readonly forward: ((topic: string, document: object) => void) | null;
  /** What no event may tell. */
  readonly secrets?: Secrets;
  /** Where the journal stood at its last checkpoint; null: there is none. */
  readonly logHead: () => string | null;
}

export interface Identity {
  readonly operator: string;
  /** `site/{site}/rack/{rack}` */
  readonly node: string;
  readonly key: { readonly kid: string; readonly publicKey: KeyObject; readonly fingerprint: string } | null;
}

/** Towards the service manager. */
export interface Notify {
  ready(): void;
  /** Fed by the finished control cycle and nothing else. */
  watchdog(): void;
  stopping(): void;
}
