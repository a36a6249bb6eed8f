/** Nearest rank: a value that was measured, never one in between. NaN of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 50);
export const p95 = (values: readonly number[]): number => percentile(values, 95);

/** Wall time with the resolution of the monotonic clock: what two processes of one machine can compare. */
export const wallMs = (): number => performance.timeOrigin + performance.now();
