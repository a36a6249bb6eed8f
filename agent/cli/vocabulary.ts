/** What the configuration may name: drivers, models and profiles this package has. */
import { drivers, isDriverName } from "../../drivers/index.ts";
import { loadProfile } from "../../drivers/modbus/load.ts";
import { loadModel } from "../../drivers/models.ts";
import type { Vocabulary } from "../config/contradictions.ts";
import { messageOf } from "../runtime/errors.ts";

export const vocabulary: Vocabulary = {
  driver: (name) => (isDriverName(name) ? null : `there is no such driver; there are ${Object.keys(drivers).join(", ")}.`),
  model: (name) => complaint(() => loadModel(name)),
  profile: (name, directory) => complaint(() => loadProfile(name, [directory])),
  abilities(name, directory) {
    try {
      const { points, switch: order } = loadProfile(name, [directory]);
      return { measures: points["power"] !== undefined, inputs: points["input.on"] !== undefined, switches: order !== undefined };
    } catch {
      return null;
    }
  },
};

function complaint(load: () => unknown): string | null {
  try {
    load();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
