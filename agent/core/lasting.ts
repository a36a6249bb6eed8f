/** What has to be wrong for a while before it is said, and right before it is taken back. */
import type { Check } from "./truth.ts";
import type { Millis } from "./units.ts";

interface Open {
  readonly since: Millis;
  readonly said: boolean;
  readonly seenAt: Millis;
  readonly energyWh: number;
}

export type Lasting = ReadonlyMap<string, Open>;

export interface Said {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const WATT_MS_A_WH = 3_600_000;

/** Takes in one look. What nobody can say stays as it was; what is looked at no more is over. */
export function lasting(before: Lasting, looked: readonly Check[], uptime: Millis): { readonly open: Lasting; readonly said: readonly Said[] } {
  const open = new Map<string, Open>();
  const said: Said[] = [];
  for (const { key, wrong, after, begun, ended, fields, excess } of looked) {
    const was = before.get(key);
    if (wrong === false || (wrong === null && was === undefined)) {
      if (was?.said === true) said.push({ name: ended, fields: withEnergy(fields, excess, was.energyWh) });
      continue;
    }
    const since = was?.since ?? uptime;
    const energyWh = (was?.energyWh ?? 0) + (wrong === true ? ((excess ?? 0) * (uptime - (was?.seenAt ?? uptime))) / WATT_MS_A_WH : 0);
    const says = wrong === true && was?.said !== true && uptime - since >= after;
    if (says) said.push({ name: begun, fields: withEnergy(fields, excess, energyWh) });
    open.set(key, { since, said: was?.said === true || says, seenAt: uptime, energyWh });
  }
  return { open, said };
}

const withEnergy = (fields: Said["fields"], excess: number | undefined, energyWh: number): Said["fields"] => (excess === undefined ? fields : { ...fields, energyWh: Math.round(energyWh) });
