import { stringify } from "yaml";

import { parseProfile } from "../../drivers/modbus/load.ts";
import type { Profile } from "../../drivers/modbus/profile.ts";

type Content = Readonly<Record<string, unknown>>;

/** The smallest meter there is; each test says what it has besides. */
export const METER: Content = {
  profile: "test-meter", title: "A meter of the tests", status: "third-party", sources: ["the tests"],
  accuracy: { fraction: 0.01, resolutionW: 1 },
  limits: { timeoutMs: 250 },
  groups: { fast: { intervalMs: 0, staleAfterMs: 3000 }, slow: { intervalMs: 10_000, staleAfterMs: 30_000 } },
  points: { power: { group: "fast", table: "input", address: 0, type: "i32", scale: 1, unit: "W" } },
};

export const yamlOf = (more: Content): string => stringify({ ...METER, ...more });
export const profileWith = (more: Content): Profile => parseProfile(yamlOf(more), "test-meter.yaml");
