/** A made-up story so far, for looking at the picture without a rig. */
import type { DeviceRow } from "../../agent/cli/answers.ts";
import type { Scene } from "../../scripts/demo/picture.ts";
import { tellStory } from "../../scripts/demo/story.ts";
import type { Look } from "../../scripts/demo/watch.ts";

const nominalW = 37_000;
const story = tellStory({ limitPart: 0.6, durationS: 75 });

const deviceAt = (index: number): DeviceRow => ({
  id: `asic-${String(index + 1).padStart(2, "0")}`,
  state: index % 3 === 1 ? "asleep" : "hashing",
  readingAgeS: 0.4,
  point: "435",
  frequencyMHz: 435,
  voltageMV: 12_820,
  powerW: index % 3 === 1 ? 25 : 2_310,
  powerLowW: 2_300,
  powerHighW: 2_320,
  drawBy: "outlet",
  hashrateThs: 102.34,
  temperatureC: 62,
  setpoint: "point 435",
  order: null,
  unknownReason: null,
  quarantineReason: null, wear: { restH: 0, powerCycles: 0, thermalCycles: 0, changes: 0 }, maintenance: false, poolGuard: null, owes: [], priority: 0, pin: null,
});

export interface SceneOptions {
  readonly asics?: number;
  readonly seconds?: number;
  readonly look?: Partial<Look>;
  readonly device?: (row: DeviceRow, index: number) => DeviceRow;
}

/** The rack follows each step's limit at once; a look every quarter of a second. */
export function scene({ asics = 12, seconds = 40, look = {}, device = (row) => row }: SceneOptions = {}): Scene {
  const devices = Array.from({ length: asics }, (_, index) => device(deviceAt(index), index));
  const begun: { step: (typeof story.steps)[number]; atS: number }[] = [];
  const looks: Look[] = [];
  let atS = 0;
  for (const step of story.steps) {
    if (atS >= seconds) break;
    begun.push({ step, atS });
    const limitW = (step.limitPart ?? 1.19) * nominalW;
    for (const end = Math.min(seconds, atS + step.atLeastS); atS < end; atS += 0.25) {
      looks.push({ atS, limitW, meteredW: limitW * 0.98, truthW: limitW * 0.98, state: step.state, compliance: "compliant", hashrateThs: 1_234.5, why: null, devices, asicsW: new Map(), ...look });
    }
  }
  return { story, begun, looks, nominalW, models: new Map(devices.map(({ id }, index) => [id, ["S19k Pro", "S19j Pro", "S21"][index % 3] ?? ""])), note: null };
}
