/** A rack of two, one of them silent, as Prometheus sees it. */
import type { MetricsLook } from "../../agent/report/prometheus/metrics.ts";
import { device, silent, status } from "../cli/answers.ts";

export const look: MetricsLook = {
  status, devices: [device, silent],
  outlets: [{ name: "pdu-1/1", on: true, powerW: 3_010, device: "asic-01" }, { name: "pdu-1/2", on: null, powerW: null, device: null }],
  meters: [{ id: "pdu-1", answers: true, energyWh: 1_000 }, { id: "pdu-2", answers: false, energyWh: null }],
  alarms: ["disk-full"], events: new Map([["mode.changed", 3], ["invented.word", 9]]), links: [{ link: "grid", connected: true }],
  node: { operator: "demo", site: "s1", rack: "r1" }, process: { startedAtS: 1_767_225_600, cpuS: 12.5, residentBytes: 90_000_000 },
};
