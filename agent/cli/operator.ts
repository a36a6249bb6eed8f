/** `curtailctl operator`: the grid operator's side of GLA/1, over a broker. */
import { Command } from "commander";
import { allocateCommand } from "./operator/allocate.ts";
import { cancelCommand } from "./operator/cancel.ts";
import { emergencyCommand } from "./operator/emergency.ts";
import { heartbeatCommand } from "./operator/heartbeat.ts";
import { keygenCommand } from "./operator/keygen.ts";
import { keysCommand } from "./operator/keys.ts";
import { limitCommand } from "./operator/limit.ts";
import { levelCommand } from "./operator/level.ts";
import { releaseCommand } from "./operator/release.ts";
import { setpointCommand } from "./operator/setpoint.ts";
import { watchCommand } from "./operator/watch.ts";

export function operatorCommand(): Command {
  const operator = new Command("operator").description("publish grid documents to a broker, and watch what comes of them");
  const commands = [keygenCommand, keysCommand, allocateCommand, limitCommand, setpointCommand, levelCommand, cancelCommand, emergencyCommand, releaseCommand, heartbeatCommand, watchCommand];
  for (const command of commands) operator.addCommand(command());
  return operator;
}
