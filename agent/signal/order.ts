/** Documents of one topic are ordered by epoch, then seq. */
export interface Order {
  readonly epoch: number;
  readonly seq: number;
}

/** Negative: `a` is the older. */
export const compareOrder = (a: Order, b: Order): number => a.epoch - b.epoch || a.seq - b.seq;
