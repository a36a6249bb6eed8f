import type { Setpoint } from "../core/model.ts";
import type { Device } from "../../drivers/driver.ts";
import { DeviceError } from "../runtime/errors.ts";

/** Hands a setpoint to the actuator of its kind. */
export function act(device: Device, setpoint: Setpoint, signal: AbortSignal): Promise<void> {
  const { actuators } = device;
  const missing = (): Promise<never> => Promise.reject(new DeviceError("refused", `${device.id} has no actuator for ${setpoint.kind}`));
  switch (setpoint.kind) {
    case "points": return actuators.points?.(setpoint, signal) ?? missing();
    case "power-limit": return actuators["power-limit"]?.(setpoint, signal) ?? missing();
    case "boards": return actuators.boards?.(setpoint, signal) ?? missing();
    case "sleep": return actuators.sleep?.(setpoint, signal) ?? missing();
    case "outlet": return actuators.outlet?.(setpoint, signal) ?? missing();
  }
}
