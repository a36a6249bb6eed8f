import { InvalidArgumentError } from "commander";
import type { Watts } from "../../core/units.ts";
import { exit, Failure } from "../exit.ts";
import { parsePower } from "../human.ts";

/** A power that may be a percentage of --nominal, so that it is read when all flags are known; a fault in it is a usage error. */
export function powerOf(text: string, nominal: Watts | undefined): Watts {
  try {
    return parsePower(text, nominal);
  } catch (error) {
    throw error instanceof InvalidArgumentError ? new Failure(exit.usage, error.message) : error;
  }
}

/** The same, or `none`: no ceiling. */
export const powerOrNone = (text: string, nominal: Watts | undefined): Watts | null => (text.trim() === "none" ? null : powerOf(text, nominal));
