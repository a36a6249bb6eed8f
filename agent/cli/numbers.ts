import { InvalidArgumentError } from "commander";

/** Reads an option that is a whole number, decimal or as 0x400. */
export const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
    return value;
  };

/** Reads "10%", or "0.1", as a share from above 0 to 1. */
export function share(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
  const value = Number(match?.[1]) / (match?.[2] === "%" ? 100 : 1);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError("It has to be a share, as 10%.");
  return value;
}
