/** What every part of the benchmark gets. */
export interface Bench {
  /** Fewer samples: to see that it works, not to quote. */
  readonly quick: boolean;
  /** A rack of six firmwares instead of LuxOS alone. */
  readonly mixed: boolean;
  /** Room for configurations, state, sockets and logs; gone at the end. */
  readonly directory: string;
  /** Where daemons leave their CPU profiles; null: nowhere. */
  readonly profile: string | null;
  /** One line of progress. */
  readonly say: (line: string) => void;
}
