/** What contradicts what among outlets and contacts: who is switched by whom, and whether its box can. */
import { formatOutlet, type OutletName } from "./address.ts";
import type { Contradiction, Vocabulary } from "./contradictions.ts";
import { Owned } from "./owned.ts";
import type { Config } from "./schema.ts";

export function inContacts(config: Config, vocabulary: Vocabulary | null): Contradiction[] {
  return [...inPlaces(config), ...inOutlets(config), ...inAbilities(config, vocabulary)];
}

interface Named {
  readonly contact: OutletName;
  readonly kind: "input" | "output";
  readonly path: readonly PropertyKey[];
}

const named = ({ contacts }: Config): Named[] => [
  ...contacts.estop.map((contact, index) => ({ contact, kind: "input" as const, path: ["contacts", "estop", index] })),
  ...contacts.overTemperature.map(({ input }, index) => ({ contact: input, kind: "input" as const, path: ["contacts", "overTemperature", index, "input"] })),
  ...contacts.outputs.map(({ output }, index) => ({ contact: output, kind: "output" as const, path: ["contacts", "outputs", index, "output"] })),
];

/** Each contact is there, and has one purpose. */
function inPlaces(config: Config): Contradiction[] {
  const owned = new Owned();
  const known = new Set(config.meters.map(({ id }) => id));
  for (const { outlet } of config.miners) if (outlet !== null) owned.share(`output ${formatOutlet(outlet)}`, "a miner");
  const astray = named(config).flatMap(({ contact, kind, path }): Contradiction[] => {
    owned.take(`${kind} ${formatOutlet(contact)}`, path.join("."), path);
    return known.has(contact.meter) ? [] : [{ path, text: `is ${formatOutlet(contact)}, but there is no meter ${contact.meter}; the meters are ${[...known].join(", ") || "none"}.` }];
  });
  return [...astray, ...owned.twice];
}

function inOutlets({ meters }: Config): Contradiction[] {
  return meters.flatMap(({ outlets }, index) => {
    const numbers = outlets.map(({ outlet }) => outlet);
    return numbers.flatMap((number, at): Contradiction[] => (numbers.indexOf(number) < at ? [{ path: ["meters", index, "outlets", at, "outlet"], text: `is ${number}, which stands there twice: say all of it once.` }] : []));
  });
}

/** A box without contacts in would read as pushed for ever, one without relays never follows. */
function inAbilities(config: Config, vocabulary: Vocabulary | null): Contradiction[] {
  if (vocabulary === null) return [];
  return named(config).flatMap(({ contact, kind, path }): Contradiction[] => {
    const meter = config.meters.find(({ id }) => id === contact.meter);
    const abilities = meter === undefined ? null : vocabulary.abilities(meter.profile, config.paths.profiles);
    if (meter === undefined || abilities === null || (kind === "input" ? abilities.inputs : abilities.switches)) return [];
    return [{ path, text: `is ${formatOutlet(contact)}, but a ${meter.profile} has no contacts ${kind === "input" ? "to be read" : "to be switched"}: name one of a box that has, such as adam-6000.` }];
  });
}
