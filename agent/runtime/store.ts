/** What has to survive a power cut. Keys are short paths (`document/gla/1/...`), values are text. */
export interface Store {
  /** Everything stored under a prefix, in key order. */
  load(prefix: string): Promise<ReadonlyMap<string, string>>;
  /** All or nothing, and on the platter when it resolves. null deletes. Rejects when it could not be kept. */
  commit(changes: ReadonlyMap<string, string | null>): Promise<void>;
  close(): Promise<void>;
}
