/** What the configuration may name: drivers, models and profiles this package has. */
import { drivers, isDriverName } from "../../drivers/index.ts";
import { loadProfile } from "../../drivers/modbus/load.ts";
import { loadModel } from "../../drivers/models.ts";
import type { Vocabulary } from "../config/contradictions.ts";

export const vocabulary: Vocabulary = {
  driver: (name) => (isDriverName(name) ? null : `there is no such driver; there are ${Object.keys(drivers).join(", ")}.`),
  model: (name) => complaint(() => loadModel(name)),
  profile: (name, directory) => complaint(() => loadProfile(name, [directory])),
  measures(name, directory) {
    let measures = true;
    complaint(() => (measures = loadProfile(name, [directory]).points["power"] !== undefined));
    return measures;
  },
};

function complaint(load: () => unknown): string | null {
  try {
    load();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
