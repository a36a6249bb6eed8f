/**
 * One emergency latch. Only these transitions exist: an EMERGENCY sets it, at once and without end in time; the RELEASE
 * that names it, kept on disk and confirmed by a heartbeat, clears it once the clearing is on disk too. Nothing else changes it.
 */
import type { DocumentRef, Latch } from "../core/grid.ts";
import type { EmergencyDocument, ReleaseDocument } from "./documents.ts";
import { compareOrder, type Order } from "./order.ts";
import { accept, refuse, type Result } from "./result.ts";

export interface LatchState {
  readonly latch: Latch | null;
  /** The RELEASE that waits for its confirmation. */
  readonly release: { readonly ref: DocumentRef; readonly kept: boolean } | null;
}

export const unlatched: LatchState = { latch: null, release: null };

/** A newer EMERGENCY takes the place of an older one and of a RELEASE still waiting. */
export function set({ ref, action }: EmergencyDocument): LatchState {
  return { latch: { ref, action }, release: null };
}

export function askRelease(state: LatchState, { ref, releases }: ReleaseDocument): Result<LatchState> {
  if (state.latch === null) return refuse("NOT_APPLICABLE", `no emergency is latched on ${ref.topic}`);
  if (state.latch.ref.id !== releases) return refuse("NOT_APPLICABLE", `releases "${releases}", but "${state.latch.ref.id}" is latched`);
  return accept({ latch: state.latch, release: { ref, kept: false } });
}

/** The RELEASE is on disk. */
export function keepRelease(state: LatchState, ref: DocumentRef): LatchState {
  if (state.release === null || compareOrder(state.release.ref, ref) !== 0) return state;
  return { latch: state.latch, release: { ref, kept: true } };
}

/** `named`: what a counting heartbeat says was last on this topic; null where a live session stands for the heartbeat. */
export function mayClear({ latch, release }: LatchState, named: Order | null): boolean {
  if (latch === null || release === null || !release.kept) return false;
  return named === null || compareOrder(named, release.ref) === 0;
}

/** The clearing is on disk. Not if something newer was said meanwhile. */
export function clear(state: LatchState, ref: DocumentRef): LatchState {
  return state.release !== null && compareOrder(state.release.ref, ref) === 0 ? unlatched : state;
}
