import type { Link } from "../runtime/link.ts";

/** Where nobody is at the other end: nothing comes, and what is said to nobody is done with. */
export const noLink: Link = {
  connected: false,
  run: (_listener, signal) => new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true }))),
  publish: () => undefined,
  deliver: () => Promise.resolve({ kind: "acknowledged" }),
  next: () => undefined, resubscribe: () => undefined,
};
