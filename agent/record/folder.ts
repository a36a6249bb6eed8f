/** A Disk in a real folder. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, statfs, truncate, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { Disk, DiskFile } from "../runtime/disk.ts";

const PACKED = ".gz";
const CHUNK = 1 << 18;

/** Made if it is missing. Rejects with the system's error when it cannot be. */
export async function openFolder(directory: string): Promise<Folder> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return new Folder(directory);
}

export class Folder implements Disk {
  readonly #directory: string;
  /** Files being written, by name: one at a time grows, and its head beside it. */
  readonly #open = new Map<string, FileHandle>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async list(): Promise<readonly DiskFile[]> {
    const names = (await readdir(this.#directory, { withFileTypes: true })).filter((entry) => entry.isFile() && !entry.name.endsWith(".new")).map(({ name }) => name);
    return Promise.all(names.sort().map(async (name) => ({ name, bytes: (await stat(this.#path(name))).size })));
  }

  async read(name: string, from: number, length: number): Promise<Uint8Array> {
    const handle = await open(this.#path(name), "r");
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  chunks(name: string): AsyncIterable<Uint8Array> {
    const file = createReadStream(this.#path(name), { highWaterMark: CHUNK });
    if (!name.endsWith(PACKED)) return file;
    const unpacked = createGunzip({ chunkSize: CHUNK });
    file.on("error", (error) => unpacked.destroy(error));
    return file.pipe(unpacked);
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    const handle = await this.#handle(name);
    await handle.appendFile(bytes);
  }

  async sync(name: string): Promise<void> {
    await (await this.#handle(name)).datasync();
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    await this.#release(name);
    const handle = await open(this.#path(`${name}.new`), "w", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(this.#path(`${name}.new`), this.#path(name));
  }

  async truncate(name: string, length: number): Promise<void> {
    await truncate(this.#path(name), length);
  }

  async remove(name: string): Promise<void> {
    await this.#release(name);
    await rm(this.#path(name), { force: true });
  }

  async pack(name: string): Promise<string> {
    await this.#release(name);
    const packed = `${name}${PACKED}`;
    await pipeline(createReadStream(this.#path(name)), createGzip({ level: 6 }), createWriteStream(this.#path(`${packed}.new`), { mode: 0o600, flush: true }));
    await rename(this.#path(`${packed}.new`), this.#path(packed));
    await rm(this.#path(name));
    return packed;
  }

  async free(): Promise<number | null> {
    const { bavail, bsize } = await statfs(this.#directory);
    return bavail * bsize;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#open.keys()]) await this.#release(name);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  /** A new file's name is on the platter before anything in it counts. */
  async #handle(name: string): Promise<FileHandle> {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const handle = await open(this.#path(name), "a", 0o600);
    this.#open.set(name, handle);
    const folder = await open(this.#directory, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    return handle;
  }

  async #release(name: string): Promise<void> {
    const handle = this.#open.get(name);
    this.#open.delete(name);
    await handle?.close();
  }
}
