/** What Prometheus is told: a family a line, base units, no label whose values are not bounded by configuration or code. */
import type { DeviceRow } from "../devices.ts";
import type { OutletLook } from "../farm/documents.ts";
import { controllerAlarms, runbookNames } from "../runbook/runbook.ts";
import { complianceWords, states } from "../runbook/words.ts";
import type { StatusDocument } from "../status.ts";
import type { Family, Labels, Sample } from "./text.ts";

export interface MetricsLook {
  readonly status: StatusDocument;
  readonly devices: readonly DeviceRow[];
  readonly outlets: readonly OutletLook[];
  readonly meters: readonly { readonly id: string; readonly answers: boolean; readonly energyWh: number | null }[];
  /** Alarms of the controller that stand. */
  readonly alarms: readonly string[];
  /** Since the start, by name. */
  readonly events: ReadonlyMap<string, number>;
  readonly links: readonly { readonly link: string; readonly connected: boolean }[];
  readonly node: Labels;
  readonly process: { readonly startedAtS: number; readonly cpuS: number; readonly residentBytes: number };
}

const TERA = 1e12;
const JOULES_A_WH = 3_600;

interface Metric {
  readonly name: string;
  readonly type: Family["type"];
  readonly help: string;
  readonly samples: (look: MetricsLook) => readonly Sample[];
}

const gauge = (name: string, help: string, samples: Metric["samples"]): Metric => ({ name, type: "gauge", help, samples });
const counter = (name: string, help: string, samples: Metric["samples"]): Metric => ({ name, type: "counter", help, samples });
const one = (value: (status: StatusDocument) => Sample[1]) => ({ status }: MetricsLook): readonly Sample[] => [[{}, value(status)]];
const each = (value: (device: DeviceRow) => Sample[1]) => ({ devices }: MetricsLook): readonly Sample[] => devices.map((device) => [{ device: device.id }, value(device)]);
/** One of a few words: 1 for the one that is so. */
const oneOf = (label: string, words: readonly string[], is: (look: MetricsLook) => readonly string[]) => (look: MetricsLook): readonly Sample[] => {
  const standing = new Set(is(look));
  return words.map((word) => [{ [label]: word }, standing.has(word)]);
};
const outlet = (value: (look: OutletLook) => Sample[1]) => ({ outlets }: MetricsLook): readonly Sample[] => outlets.map((look) => [{ outlet: look.name }, value(look)]);
const scaled = (value: number | null, by: number): number | null => (value === null ? null : value * by);
const limit = (value: number | null): number => value ?? Number.POSITIVE_INFINITY;

const EVENTS = runbookNames.filter((name) => /^[a-z]+\.[a-z]+$/.test(name));

export const METRICS: readonly Metric[] = [
  gauge("curtaild_info", "Who and what this is; always 1.", ({ node, status }) => [[{ ...node, version: status.software }, 1]]),
  gauge("curtaild_power_watts", "What the rack draws; NaN: unknown.", one(({ measuredW }) => measuredW)),
  gauge("curtaild_power_low_watts", "The least it may be.", one(({ measuredLowW }) => measuredLowW)),
  gauge("curtaild_power_high_watts", "The most it may be.", one(({ measuredHighW }) => measuredHighW)),
  gauge("curtaild_power_measured", "Whether a meter vouches for the power.", one(({ measuredQuality }) => measuredQuality === "measured")),
  gauge("curtaild_limit_watts", "What the rack may draw; +Inf: no limit.", one(({ effectiveLimitW }) => limit(effectiveLimitW))),
  gauge("curtaild_budget_watts", "The limit with its ramp; +Inf: none.", one(({ budgetW }) => limit(budgetW))),
  gauge("curtaild_failsafe_limit_watts", "The limit that holds when the grid is not heard.", one(({ failsafeLimitW }) => failsafeLimitW)),
  gauge("curtaild_limit_remaining_seconds", "How long the limit holds still; NaN: no end is known.", one(({ remainingS }) => remainingS)),
  gauge("curtaild_setpoint_watts", "What the grid wants drawn; NaN: it says nothing.", one(({ setpointW }) => setpointW)),
  gauge("curtaild_hashrate_hashes_per_second", "Of the machines that say; NaN: none does.", one(({ hashrateThs }) => scaled(hashrateThs, TERA))),
  gauge("curtaild_state", "The rack's state under the grid: 1 for the one that is so.", oneOf("state", Object.keys(states), ({ status }) => [status.state])),
  gauge("curtaild_compliance", "Whether the limit is kept: 1 for the word that is so.", oneOf("compliance", Object.keys(complianceWords), ({ status }) => [status.compliance])),
  gauge("curtaild_heartbeat_age_seconds", "Since the operator was heard; NaN: not yet.", one(({ heartbeatAgeS }) => heartbeatAgeS)),
  gauge("curtaild_heartbeat_timeout_seconds", "After this the failsafe limit holds.", one(({ heartbeatTimeoutS }) => heartbeatTimeoutS)),
  gauge("curtaild_clock_synchronised", "Whether somebody vouches for the clock.", one(({ clock }) => clock !== "unsynced")),
  gauge("curtaild_storage_working", "Whether the disk takes writes.", one(({ storage }) => storage === "ok")),
  gauge("curtaild_config_in_force", "Whether the configuration file is in force, not the last good one.", one(({ config }) => config === "ok")),
  gauge("curtaild_devices", "Machines of this rack.", one(({ devices }) => devices.total)),
  gauge("curtaild_devices_answering", "Machines that can be read.", one(({ devices }) => devices.answering)),
  gauge("curtaild_devices_asleep", "Machines that sleep.", one(({ devices }) => devices.asleep)),
  gauge("curtaild_devices_quarantined", "Machines kept asleep because they do not do as told.", one(({ devices }) => devices.quarantined)),
  gauge("curtaild_devices_foreign", "Machines that hash for somebody they may not hash for.", ({ devices }) => [[{}, devices.filter(({ poolGuard }) => poolGuard === "foreign").length]]),
  gauge("curtaild_device_answering", "Whether this machine can be read.", each(({ unknownReason }) => unknownReason === null)),
  gauge("curtaild_device_asleep", "Whether this machine sleeps.", each(({ state }) => state === "asleep")),
  gauge("curtaild_device_power_watts", "What this machine draws; NaN: nothing but its nameplate is known.", each(({ powerW }) => powerW)),
  gauge("curtaild_device_hashrate_hashes_per_second", "This machine's own word.", each(({ hashrateThs }) => scaled(hashrateThs, TERA))),
  gauge("curtaild_device_temperature_celsius", "This machine's hottest board.", each(({ temperatureC }) => temperatureC)),
  gauge("curtaild_outlet_on", "Whether this outlet is closed, as its PDU reads it; NaN: it does not say.", outlet(({ on }) => on)),
  gauge("curtaild_outlet_power_watts", "What flows through this outlet.", outlet(({ powerW }) => powerW)),
  gauge("curtaild_meter_answering", "Whether this meter answers.", ({ meters }) => meters.map(({ id, answers }) => [{ meter: id }, answers])),
  counter("curtaild_meter_energy_joules_total", "This meter's register; it counts on over restarts of the daemon.", ({ meters }) => meters.filter(({ energyWh }) => energyWh !== null).map(({ id, energyWh }) => [{ meter: id }, scaled(energyWh, JOULES_A_WH)])),
  gauge("curtaild_link_connected", "Whether this link has a broker.", ({ links }) => links.map(({ link, connected }) => [{ link }, connected])),
  counter("curtaild_documents_refused_total", "Grid documents refused since the start, by code.", ({ status }) => Object.entries(status.refused).map(([code, { count }]) => [{ code }, count])),
  counter("curtaild_events_total", "Events since the start, by name; docs/runbook.md explains each.", ({ events }) => EVENTS.map((event) => [{ event }, events.get(event) ?? 0])),
  gauge("curtaild_alarm", "Alarms of the controller: 1 for those that stand.", oneOf("alarm", controllerAlarms, ({ alarms }) => alarms)),
  gauge("process_start_time_seconds", "When the daemon started, since 1970.", ({ process }) => [[{}, process.startedAtS]]),
  counter("process_cpu_seconds_total", "Processor time the daemon has used.", ({ process }) => [[{}, process.cpuS]]),
  gauge("process_resident_memory_bytes", "Memory the daemon holds.", ({ process }) => [[{}, process.residentBytes]]),
];

export const familiesOf = (look: MetricsLook): readonly Family[] => METRICS.map(({ samples, ...family }) => ({ ...family, samples: samples(look) }));
