import { setMaxListeners } from "node:events";
import { messageOf } from "./errors.ts";

/** Owns what must end: last in, first out; every end runs, however the others fare. */
export class Scope {
  readonly #ends: { readonly name: string; readonly end: () => unknown }[] = [];
  readonly #aborting = new AbortController();
  #ending: Promise<void> | null = null;

  constructor() {
    manyListeners(this.signal);
  }

  /** Aborts when the scope begins to end, before anything in it ends. */
  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  /** Runs `end` when the scope ends; at once where it has ended already. `name` says in an error what failed to end. */
  own(name: string, end: () => unknown): void {
    if (this.#ending === null) this.#ends.push({ name, end });
    else this.#ending = this.#ending.then(() => endAll([{ name, end }]));
  }

  /** Owns a resource and hands it back. */
  use<T extends AsyncDisposable>(name: string, resource: T): T {
    this.own(name, () => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Resolves when everything has ended; rejects with an AggregateError of what failed. Later calls wait for the same end. */
  end(): Promise<void> {
    this.#ending ??= Promise.resolve().then(() => {
      this.#aborting.abort(new Error("stopped"));
      return endAll(this.#ends.splice(0));
    });
    return this.#ending;
  }
}

async function endAll(ends: { readonly name: string; readonly end: () => unknown }[]): Promise<void> {
  const failures: Error[] = [];
  for (const { name, end } of ends.reverse()) {
    try {
      await end();
    } catch (error) {
      failures.push(new Error(`${name} did not end: ${messageOf(error)}`, { cause: error }));
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join("; "));
}

/** Hundreds of loops wait on one signal, and each leaves when it wakes: that is no leak to warn of. */
export const manyListeners = (signal: AbortSignal): void => setMaxListeners(0, signal);
