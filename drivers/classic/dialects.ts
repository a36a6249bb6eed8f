/** cgminer and bfgminer call the same things by different names. */
export interface Dialect {
  readonly name: "cgminer" | "bfgminer";
  /** The report with a row for each thing that can be set. */
  readonly list: "devs" | "procs";
  /** The commands for a row, by the key that carries its number. */
  readonly commands: Readonly<Record<string, Commands>>;
}

export interface Commands {
  readonly set: string;
  readonly enable: string;
  readonly disable: string;
}

export const cgminerDialect: Dialect = {
  name: "cgminer",
  list: "devs",
  commands: {
    ASC: { set: "ascset", enable: "ascenable", disable: "ascdisable" },
    PGA: { set: "pgaset", enable: "pgaenable", disable: "pgadisable" },
  },
};

/** bfgminer numbers processors, of which a device has several, and calls them PGA for cgminer's sake. */
export const bfgminerDialect: Dialect = {
  name: "bfgminer",
  list: "procs",
  commands: { PGA: { set: "procset", enable: "procenable", disable: "procdisable" } },
};
