/** What hangs on outlets and contacts besides registered miners, in the configuration's words. */
import { formatOutlet } from "../config/address.ts";
import type { Config } from "../config/schema.ts";

/** By METER/NUMBER: `network switch`, `lamp: trouble`, `contactor`. */
export const outletNames = ({ meters, contacts }: Pick<Config, "meters" | "contacts">): ReadonlyMap<string, string> =>
  new Map([
    ...meters.flatMap(({ id, outlets }) => outlets.flatMap(({ outlet, feeds }) => (feeds === null ? [] : [[formatOutlet({ meter: id, outlet }), feeds] as const]))),
    ...contacts.outputs.map(({ output, as, shows }) => [formatOutlet(output), as === "lamp" ? `lamp: ${shows}` : as] as const),
  ]);
