/** What verifying a journal is given, and what it says. */
import type { Head } from "./chain.ts";

/** What a signature says of a head. `unsigned`: there is none. */
export type Opened = { readonly kind: "genuine" | "unsigned"; readonly payload: string } | { readonly kind: "forged"; readonly reason: string };

export interface VerifyOptions {
  readonly open: (signed: string) => Opened;
  /** Heads that others hold: the broker, the operator, a note on paper. */
  readonly outside: readonly { readonly head: Head; readonly who: string }[];
  /** What the daemon that writes it holds: it knows of a cut end, and is no outsider. */
  readonly running?: Head | null;
}

export interface Finding {
  /** The file, and the line in it counted from 1; 0: the file as a whole. */
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

export interface Verdict {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** More than are listed. */
  readonly more: number;
  readonly lines: number;
  readonly bytes: number;
  readonly files: number;
  readonly first: number;
  readonly head: Head;
  /** Behind the last line stands half a one: it was being written when the process or the power went, and never counted. */
  readonly unfinished: boolean;
  /** The last line a genuine signature of the rack covers; null: none does. */
  readonly signedTo: number | null;
  /** The last line somebody else can vouch for, and who; null: nobody can. */
  readonly outsideTo: { readonly n: number; readonly who: string } | null;
}
