import { InvalidArgumentError } from "commander";

/** Reads an option that is a whole number, decimal or as 0x400. */
export const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
    return value;
  };
