/** `curtailctl modbus`: for the technician in front of an unknown box. None of it needs the daemon, and nothing is ever written. */
import { Command } from "commander";
import { modbusCheckCommand } from "./modbus-check.ts";
import { modbusReadCommand } from "./modbus-read.ts";
import { modbusScanCommand } from "./modbus-scan.ts";

export function modbusCommand(): Command {
  const modbus = new Command("modbus").description("look at meters, PDUs and their profiles: check, scan, read");
  for (const command of [modbusCheckCommand, modbusScanCommand, modbusReadCommand]) modbus.addCommand(command());
  return modbus;
}
