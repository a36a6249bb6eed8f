/** What curtailctl can be asked. Completions, manual pages and help are made from this tree. */
import { Command } from "commander";
import { blinkCommand } from "./commands/blink.ts";
import { deviceCommand } from "./commands/device.ts";
import { deviceKeyCommand } from "./commands/device-key.ts";
import { devicesCommand } from "./commands/devices.ts";
import { estopCommand } from "./commands/estop.ts";
import { eventsCommand } from "./commands/events.ts";
import { explainCommand } from "./commands/explain.ts";
import { gridCommand } from "./commands/grid.ts";
import { holdCommand } from "./commands/hold.ts";
import { limitCommand } from "./commands/limit.ts";
import { loglevelCommand } from "./commands/loglevel.ts";
import { maintenanceCommand } from "./commands/maintenance.ts";
import { pinCommand } from "./commands/pin.ts";
import { outletCommand } from "./commands/outlet.ts";
import { pduCommand } from "./commands/pdu.ts";
import { reloadCommand } from "./commands/reload.ts";
import { restartCommand } from "./commands/restart.ts";
import { scheduleCommand } from "./commands/schedule.ts";
import { statusCommand } from "./commands/status.ts";
import { stopCommand } from "./commands/stop.ts";
import { whyCommand } from "./commands/why.ts";
import { addLazily, type Asked } from "./program.ts";
import { version } from "./version.ts";

const top = {
  name: "top",
  description: "the rack live on the whole screen",
  load: async () => (await import("./commands/top.ts")).topCommand(),
};

const doctor = {
  name: "doctor",
  description: "look at everything, and say what is wrong and what to do",
  load: async () => (await import("./commands/doctor.ts")).doctorCommand(),
};

const map = {
  name: "map",
  description: "find which outlet feeds which miner",
  load: async () => (await import("./commands/map.ts")).mapCommand(),
};

// Reads a rack's card, and so loads what checks the shape of one: a third of the time the others need to start.
const prove = {
  name: "prove",
  description: "proof test: shed step by step, measure every machine, and plan with what was measured",
  load: async () => (await import("./commands/prove.ts")).proveCommand(),
};

const drill = {
  name: "drill",
  description: "show a curtailment: hold the rack lower for a while, and a signed page to hand over",
  load: async () => (await import("./commands/prove.ts")).drillCommand(),
};

const operator = {
  name: "operator",
  description: "publish grid documents: keygen, keys, allocate, limit, setpoint, level, cancel, emergency, release, heartbeat, watch",
  load: async () => (await import("./operator.ts")).operatorCommand(),
};

const modbus = {
  name: "modbus",
  description: "look at meters, PDUs and their profiles: check, scan, read",
  load: async () => (await import("./commands/modbus.ts")).modbusCommand(),
};

const probe = {
  name: "probe",
  description: "ask a miner what it is and what it can be told; needs no daemon and changes nothing",
  load: async () => (await import("./commands/probe.ts")).probeCommand(),
};

const discover = {
  name: "discover",
  description: "find the miners in a network, name them, and make their entries in the configuration",
  load: async () => (await import("./commands/discover.ts")).discoverCommand(),
};

const dump = {
  name: "dump",
  description: "write down what a miner answers, without passwords and tokens",
  load: async () => (await import("./commands/dump.ts")).dumpCommand(),
};

const replace = {
  name: "replace",
  description: "put another machine in a miner's place",
  load: async () => (await import("./commands/replace.ts")).replaceCommand(),
};

const plan = {
  name: "plan",
  description: "what would happen under a limit, without doing it, and the rack's efficiency curve",
  load: async () => (await import("./commands/plan.ts")).planCommand(),
};

const loaded = [
  statusCommand,
  whyCommand,
  devicesCommand,
  deviceCommand,
  limitCommand,
  stopCommand,
  estopCommand,
  pduCommand,
  outletCommand,
  eventsCommand,
  scheduleCommand,
  gridCommand,
  deviceKeyCommand,
  blinkCommand,
  restartCommand,
  maintenanceCommand,
  pinCommand,
  explainCommand,
  reloadCommand,
  holdCommand,
  loglevelCommand,
];

const journal = {
  name: "journal",
  description: "what was written down for ever: verify finds what was changed, moved or taken out",
  load: async () => (await import("./commands/journal.ts")).journalCommand(),
};

const report = {
  name: "report",
  description: "what the rack did under an order of the grid, or over a stretch of time; report verify checks one",
  load: async () => (await import("./commands/report.ts")).reportCommand(),
};

const equipment = {
  name: "equipment",
  description: "every machine, board, meter and PDU this rack has ever had, signed, as CSV or JSON",
  load: async () => (await import("./commands/equipment.ts")).equipmentCommand(),
};

const loadedWhenAsked = [top, doctor, plan, map, prove, drill, journal, report, equipment, operator, modbus, probe, discover, dump, replace];

/** `asked`: the words of the command line; what they do not name is not loaded. */
export async function curtailctlCommands(asked: Asked): Promise<Command> {
  const program = new Command("curtailctl")
    .description("Shows and steers the curtaild that runs on this machine.")
    .version(version)
    .option("--rack <name>", "which of several racks on this machine")
    .option("--socket <dir>", "run directory of the daemon (default /run/curtaild)")
    .option("--json", "answer in JSON")
    .option("--yes", "do not ask before changing the rack");
  for (const command of loaded) program.addCommand(command());
  await addLazily(program, loadedWhenAsked, asked);
  return program;
}
