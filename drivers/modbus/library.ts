/** modbus-serial, and the serial port's own library: each loaded with the first line that needs it. */
import { createRequire, type Module } from "node:module";

let modbus: ReturnType<typeof clientClass> | null = null;

/** The class of modbus-serial's clients. */
export function loadModbus(): ReturnType<typeof clientClass> {
  modbus ??= clientClass();
  return modbus;
}

async function clientClass() {
  const { default: library } = await withoutSerialPort(() => import("modbus-serial"));
  return library.default;
}

/** Rejects when that package, an optional one, is not installed. */
export async function loadSerialPort() {
  await loadModbus();
  return import("serialport");
}

/**
 * modbus-serial loads the serial port's library, 97 files and 6 MB, for ports that we do not use: ours are streams.
 * An empty module stands in its place meanwhile, and the library takes it for one that is not installed.
 */
async function withoutSerialPort<T>(load: () => Promise<T>): Promise<T> {
  const { cache, resolve } = createRequire(import.meta.url);
  const path = resolved(resolve, "serialport");
  if (path === null || cache[path] !== undefined) return load();
  cache[path] = { exports: {}, loaded: true } as Module;
  try {
    return await load();
  } finally {
    delete cache[path];
  }
}

/** null: not installed, or in one file with everything else. */
function resolved(resolve: NodeJS.RequireResolve, name: string): string | null {
  try {
    return resolve(name);
  } catch {
    return null;
  }
}
