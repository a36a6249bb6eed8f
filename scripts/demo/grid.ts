/** What the story needs of a grid, whatever it speaks. */
export interface Grid {
  /** null: no limit of the grid's. The document's id, where it can be reported on. */
  allocate(limitW: number | null): Promise<string | null> | string;
  /** Whether the grid can be heard. */
  heartbeat(beats: boolean): Promise<void> | void;
  emergency(): Promise<void> | void;
  release(): Promise<void> | void;
}
