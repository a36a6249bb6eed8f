/** What the rack does about heat, cold and the frequency of the mains: words, and what of them cannot be meant together. */
import * as z from "zod";
import { formatOutlet } from "./address.ts";
import type { Contradiction } from "./contradictions.ts";
import type { Config } from "./schema.ts";

const degrees = (least: number, most: number) => z.number().min(least).max(most);
const unset = <T extends z.ZodType>(type: T) => type.nullable().default(null);
const restoreAfterS = (standard: number) => z.number().min(0).max(86_400).default(standard);

/** Of watts and percent of nominal one is said. */
const power = () => unset(z.number().min(0).max(100_000_000));
const percent = () => unset(z.number().min(0).max(100));

export const overTemperature = (input: z.ZodType<{ readonly meter: string; readonly outlet: number }>) =>
  z.strictObject({
    input: input.meta({ description: "The contact, as METER/NUMBER, wired normally closed: open, or not to be read, is too hot.", examples: ["pdu-1/2"] }),
    limitW: power().meta({ description: "The most the rack draws while it is open.", examples: [5_000] }),
    limitPct: percent().meta({ description: "The same, in percent of node.nominalW; one of the two is needed.", examples: [30] }),
    restoreAfterS: restoreAfterS(60).meta({ description: "How long it has to be closed again before the limit ends.", examples: [60] }),
  });

export const heatPolicy = () =>
  z
    .strictObject({
      coolInletC: unset(degrees(-40, 60)).meta({ description: "Points above a model's rated one are for air at the inlet as cool as this; unset: for any air.", examples: [20] }),
      inletMaxC: unset(degrees(0, 80)).meta({ description: "The warmest air the rack's machines are run in at more than their lowest point; from 10 °C below it they are narrowed. Unset: as their models say, usually 45.", examples: [40] }),
    })
    .prefault({})
    .meta({ description: "What the air at the inlets opens and narrows, within what each model has." });

export const keepWarm = () =>
  unset(
    z.strictObject({
      belowC: degrees(-40, 40).meta({ description: "With air at the inlet as cold as this machines are not put to sleep, as far as the limit lets them run: boards that go cold take harm.", examples: [3] }),
      dewPointC: unset(degrees(-40, 40)).meta({ description: "The dew point of the air in the room: from 3 °C above it the same holds, so that no water settles on boards.", examples: [6] }),
    }),
  ).meta({ description: "A least draw against cold and dew. It yields to every limit. Unset: none.", examples: [{ belowC: 3 }] });

export const underFrequency = () =>
  unset(
    z.strictObject({
      belowHz: z.number().min(40).max(70).meta({ description: "When the rack's meter shows less than this, a step is shed at once.", examples: [49.8] }),
      shedPct: z.number().positive().max(100).meta({ description: "How much less the rack then draws than before, in percent of node.nominalW.", examples: [20] }),
      restoreHz: z.number().min(40).max(70).meta({ description: "From here on the mains count as well again.", examples: [49.95] }),
      restoreAfterS: restoreAfterS(60).meta({ description: "How long they have to be before the step ends.", examples: [60] }),
    }),
  ).meta({ description: "Help for a grid whose frequency falls, by the rack's own meter and without a signal. Unset: none.", examples: [{ belowHz: 49.8, shedPct: 20, restoreHz: 49.95 }] });

export function inClimate({ policy, contacts, miners, meters }: Config): Contradiction[] {
  const { heat, underFrequency: help } = policy;
  const inlet = heat.inletMaxC ?? 45;
  return [
    ...(heat.coolInletC !== null && heat.coolInletC >= inlet ? [{ path: ["policy", "heat", "coolInletC"], text: `is ${heat.coolInletC}, not below the warmest air (${inlet}): air cannot open and narrow at once. Lower it, or raise inletMaxC.` }] : []),
    ...(policy.keepWarm !== null && heat.coolInletC !== null && policy.keepWarm.belowC > heat.coolInletC ? [{ path: ["policy", "keepWarm", "belowC"], text: `is ${policy.keepWarm.belowC}, above policy.heat.coolInletC (${heat.coolInletC}): what has to be kept warm is cool already. Correct one of them.` }] : []),
    ...miners.flatMap(({ limits }, index): Contradiction[] => {
      const [board, chip] = [limits?.boardMaxC ?? null, limits?.chipMaxC ?? null];
      return board === null || chip === null || board <= chip ? [] : [{ path: ["miners", index, "limits", "boardMaxC"], text: `is ${board}, above chipMaxC (${chip}): a board is never hotter than its chips. Correct one of them.` }];
    }),
    ...(help === null ? [] : [
      ...(help.restoreHz > help.belowHz ? [] : [{ path: ["policy", "underFrequency", "restoreHz"], text: `is ${help.restoreHz}, not above belowHz (${help.belowHz}): the step would end before it begins. Raise it.` }]),
      ...(meters.some(({ role }) => role === "rack") ? [] : [{ path: ["policy", "underFrequency"], text: "is set while no meter has role rack: nobody measures the frequency. Name the rack's meter." }]),
    ]),
    ...contacts.overTemperature.flatMap(({ input, limitW, limitPct }, index) => oneOf(limitW, limitPct, { path: ["contacts", "overTemperature", index], names: `limitW and limitPct (${formatOutlet(input)})` })),
  ];
}

function oneOf(a: number | null, b: number | null, { path, names }: { readonly path: readonly PropertyKey[]; readonly names: string }): Contradiction[] {
  if ((a === null) !== (b === null)) return [];
  return [{ path, text: a === null ? `has neither of ${names}: say how much, one way or the other.` : `has both of ${names} (${a} and ${b}): one of them.` }];
}
