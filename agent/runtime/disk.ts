/** A folder of files that only grow at their end. Names are plain, without slashes, and sort by age. */
export interface Disk {
  /** By name. */
  list(): Promise<readonly DiskFile[]>;
  /** At most `length` bytes from `from` on; fewer at the end. */
  read(name: string, from: number, length: number): Promise<Uint8Array>;
  /** What a file holds from its beginning, a packed one unpacked. Rejects when it cannot be read or unpacked. */
  chunks(name: string): AsyncIterable<Uint8Array>;
  /** With the system when it resolves: a killed process loses nothing of it, a power cut may. */
  append(name: string, bytes: Uint8Array): Promise<void>;
  /** All of a file is on the platter when it resolves. */
  sync(name: string): Promise<void>;
  /** The file holds exactly this afterwards, or after a power cut what it held before. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  truncate(name: string, length: number): Promise<void>;
  remove(name: string): Promise<void>;
  /** Packs a finished file under its name and `.gz`, and removes the plain one. */
  pack(name: string): Promise<string>;
  /** Bytes that may still be written; null: not known. */
  free(): Promise<number | null>;
}

export interface DiskFile {
  readonly name: string;
  readonly bytes: number;
}
