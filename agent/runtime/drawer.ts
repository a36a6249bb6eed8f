/** Many text records on disk in the order of their keys, read in parts. */
export interface Drawer {
  /** All or nothing; null deletes. `durable`: on the platter when it resolves, else with the system, where a killed process loses nothing. */
  write(changes: ReadonlyMap<string, string | null>, how: { readonly durable: boolean }): Promise<void>;
  /** At most `most` under `prefix`, in key order, behind the key `after`; an empty one means from the beginning. */
  read(prefix: string, after: string, most: number): Promise<readonly (readonly [key: string, value: string])[]>;
  close(): Promise<void>;
}
