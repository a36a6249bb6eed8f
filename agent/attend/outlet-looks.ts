import { formatOutlet } from "../config/address.ts";
import type { Plant } from "../plant/plant.ts";
import type { OutletLook } from "../report/farm/documents.ts";

/** Every outlet its PDU tells of; of a PDU that does not answer nothing is known. */
export function outletLooks(plant: Plant): OutletLook[] {
  return plant.meters.flatMap(({ meter, reading, failure }) =>
    (reading?.outlets ?? []).map(({ index, on, power }) => ({
      name: formatOutlet({ meter: meter.id, outlet: index }),
      on: failure === null ? on : null,
      powerW: failure === null ? power : null,
      device: plant.deviceOn(meter.id, index),
    })));
}
