/** What a seed makes happen, drawn before the life begins: so a plan can be shown, shortened, and lived again without some of it. */
import { CATALOGUE, type Happening, type HappeningKind } from "./catalogue.ts";
import { Dice } from "./dice.ts";

export interface Plan {
  readonly seed: number;
  readonly minutes: number;
  readonly asics: number;
  /** By time. */
  readonly happenings: readonly Happening[];
}

/** Every so many lives is a long one. */
const LONG_EVERY = 20;
const LONG_MINUTES = 180;
const LONG_ASICS = 5;

/** `twin`: nothing in it that counts calls which a refused document makes more of. */
export function drawPlan(seed: number, { twin = false }: { readonly twin?: boolean } = {}): Plan {
  const dice = new Dice(seed, "plan");
  const long = seed % LONG_EVERY === 0;
  // Lives from 10 to 30 minutes with 4 to 16 machines, the short and small ones more often.
  const minutes = long ? LONG_MINUTES : Math.round(10 + 20 * dice.next() ** 5);
  const asics = long ? dice.whole(4, LONG_ASICS) : Math.round(4 + 12 * dice.next() ** 4);
  const kinds = Object.keys(CATALOGUE).filter((kind) => !CATALOGUE[kind]?.refused && !(twin && CATALOGUE[kind]?.countsCalls)) as [HappeningKind, ...HappeningKind[]];
  const refused = Object.keys(CATALOGUE).filter((kind) => CATALOGUE[kind]?.refused) as [HappeningKind, ...HappeningKind[]];
  const endS = minutes * 60;
  const happenings = [
    ...draw(dice, kinds, { endS, gapS: long ? [40, 240] : [20, 100], asics }),
    ...draw(new Dice(seed, "forger"), refused, { endS, gapS: long ? [60, 300] : [20, 100], asics }),
  ];
  return { seed, minutes, asics, happenings: happenings.sort((a, b) => a.atS - b.atS) };
}

/** The same life without its refused documents. */
export const honest = (plan: Plan): Plan => ({ ...plan, happenings: plan.happenings.filter(({ kind }) => CATALOGUE[kind]?.refused !== true) });

function draw(dice: Dice, kinds: readonly [HappeningKind, ...HappeningKind[]], { endS, gapS, asics }: { readonly endS: number; readonly gapS: readonly [number, number]; readonly asics: number }): Happening[] {
  const happenings: Happening[] = [];
  // Operators speak more often than things break.
  const weighted = kinds.flatMap((kind) => Array<HappeningKind>(CATALOGUE[kind]?.weight ?? 1).fill(kind)) as [HappeningKind, ...HappeningKind[]];
  for (let atS = dice.between(15, 40); atS < endS; atS += dice.between(...gapS)) {
    const kind = dice.pick(weighted);
    const [least, most] = CATALOGUE[kind]?.lastsS ?? [0, 0];
    happenings.push({ kind, atS: Math.round(atS), lastsS: dice.whole(least, most), asic: dice.whole(0, asics - 1), u: [dice.next(), dice.next(), dice.next()] });
  }
  return happenings;
}

export const describe = ({ kind, atS, lastsS, asic, u }: Happening): string =>
  `${String(atS).padStart(6)} s  ${kind}${lastsS > 0 ? ` for ${lastsS} s` : ""} (asic-${String(asic + 1).padStart(2, "0")}, ${u.map((part) => part.toFixed(2)).join(" ")})`;
