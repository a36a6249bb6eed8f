/** What a primary host says of itself, retained: whether it is there, and when it began to be. */
export interface HostState {
  readonly online: boolean;
  readonly timestamp: number;
}

const longest = 1_024;

/** null: it says nothing of the kind. */
export function readHostState(bytes: Uint8Array): HostState | null {
  if (bytes.length > longest) return null;
  try {
    const read: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (typeof read !== "object" || read === null || !("online" in read) || !("timestamp" in read)) return null;
    const { online, timestamp } = read;
    return typeof online === "boolean" && typeof timestamp === "number" && Number.isFinite(timestamp) ? { online, timestamp } : null;
  } catch {
    return null;
  }
}
