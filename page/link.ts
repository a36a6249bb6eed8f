/** The stream of words from the daemon, over a link that breaks, stalls and comes back. */
import type { LiveWord } from "../agent/report/live.ts";

export interface Listener {
  word(word: LiveWord): void;
  /** The daemon wants a token. */
  locked(): void;
}

/** Seconds between attempts. */
const WAITS = [1, 2, 4, 8, 15] as const;
/** A connection that says nothing for so long is dead, whatever the network thinks. */
const PATIENCE_MS = 12_000;
/** A phone in a pocket needs no figures. */
const HIDDEN_MS = 20_000;

export class Link {
  readonly #listener: Listener;
  #source: EventSource | null = null;
  #openedAt = 0;
  #attempts = 0;
  #timer: number | undefined;
  #hidden: number | undefined;

  constructor(listener: Listener) {
    this.#listener = listener;
    addEventListener("online", () => this.open());
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.#hidden);
      if (document.hidden) this.#hidden = setTimeout(() => this.#close(), HIDDEN_MS);
      else if (this.#source === null) this.open();
    });
  }

  /** Begins anew, whatever there was: the daemon then says everything. */
  open(): void {
    this.#close();
    const source = new EventSource("/live?follow=1");
    this.#source = source;
    this.#openedAt = performance.now();
    source.addEventListener("message", ({ data }: MessageEvent<string>) => {
      this.#attempts = 0;
      this.#listener.word(JSON.parse(data) as LiveWord);
    });
    source.addEventListener("error", () => {
      // The browser's own attempts have a pace of their own and never say why; ours do.
      if (this.#source === source) void this.#lost();
    });
  }

  /** Nothing has been heard for too long. What is on its way to be opened, or waits for its turn, is left alone. */
  insist(): void {
    if (this.#source !== null && performance.now() - this.#openedAt > PATIENCE_MS) this.open();
  }

  async #lost(): Promise<void> {
    this.#close();
    const answer = await fetch("/status", { signal: AbortSignal.timeout(5_000) }).catch(() => null);
    if (answer?.status === 401) return this.#listener.locked();
    const wait = WAITS[Math.min(this.#attempts, WAITS.length - 1)] ?? 15;
    this.#attempts += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), wait * 1000);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
}

/** JSON of a path; null when there is none, for whatever reason. */
export async function ask<T>(path: string): Promise<T | null> {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(10_000) });
    return answer.ok ? ((await answer.json()) as T) : null;
  } catch {
    return null;
  }
}
