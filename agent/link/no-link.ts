import type { Link } from "../runtime/link.ts";
import { aborted } from "../runtime/on-abort.ts";

/** Where nobody is at the other end: nothing comes, and what is said to nobody is done with. */
export const noLink: Link = {
  connected: false,
  run: (_listener, signal) => aborted(signal),
  publish: () => undefined,
  deliver: () => Promise.resolve({ kind: "acknowledged" }),
  next: () => undefined, resubscribe: () => undefined,
};
