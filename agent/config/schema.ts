/**
 * The configuration file, version 1. Keys, defaults and words here are what people type; the JSON Schema in
 * docs/config.schema.json is generated from this file. Every leaf carries a description and an example,
 * because the error texts are made from them. What contradicts something else is refused in contradictions.ts.
 */
import * as z from "zod";
import { parseAddress, parseOutlet } from "./address.ts";
import { heatPolicy, keepWarm, overTemperature, underFrequency } from "./climate.ts";
import { minerLimits, poolRules } from "./guarding.ts";
import { openadr } from "./openadr.ts";

/** Sizes beyond which a file is a mistake. */
const most = { miners: 5_000, meters: 500, brokers: 8, watts: 100_000_000 } as const;

const word = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const wordRule = "1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit";
const name = () => z.string().regex(word, wordRule);
const file = () => z.string().min(1).max(4_096);
const power = () => z.number().min(0).max(most.watts);
const unset = <T extends z.ZodType>(type: T) => type.nullable().default(null);

const address = () =>
  z
    .string()
    .max(300)
    .transform((text, context) => {
      const parsed = parseAddress(text);
      if (parsed === null) context.issues.push({ code: "custom", message: "HOST:PORT with a port from 1 to 65535", input: text });
      return parsed ?? z.NEVER;
    });

const outlet = () =>
  z
    .string()
    .max(80)
    .transform((text, context) => {
      const parsed = parseOutlet(text);
      if (parsed === null) context.issues.push({ code: "custom", message: "METER/NUMBER, outlets counted from 1", input: text });
      return parsed ?? z.NEVER;
    });

const brokerRule = "mqtt://HOST[:PORT] or mqtts://HOST[:PORT], without user, password or path";
/** No credentials in it: they would end up in logs and process lists. */
const brokerUrl = () => z.string().max(300).regex(/^mqtts?:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(:\d{1,5})?$/, brokerRule).refine((url) => URL.canParse(url), brokerRule);

const brokers = (least: number, description: string) =>
  z.array(brokerUrl().meta({ description: "Address of one MQTT broker.", examples: ["mqtts://broker.example:8883"] })).min(least).max(most.brokers)
    .meta({ description, examples: [["mqtts://broker.example:8883"]] });

const tls = () =>
  unset(
    z.strictObject({
      caFile: unset(file()).meta({ description: "Certificates that may vouch for the broker, PEM; unset: those the system trusts.", examples: ["tls/ca.pem"] }),
      certFile: unset(file()).meta({ description: "Our client certificate, PEM.", examples: ["tls/rack.pem"] }),
      keyFile: unset(file()).meta({ description: "Private key of the client certificate, PEM, readable by the daemon only.", examples: ["tls/rack.key.pem"] }),
    }),
  ).meta({ description: "How TLS is spoken to mqtts:// brokers; unset: with the system's certificates and none of ours.", examples: [{ caFile: "tls/ca.pem" }] });

const login = {
  username: unset(z.string().min(1).max(256)).meta({ description: "User name at the brokers.", examples: ["rack"] }),
  passwordFile: unset(file()).meta({ description: "File with the password, readable by the daemon only; a line feed at its end does not count.", examples: ["secrets/mqtt"] }),
  tls: tls(),
};

const topicPrefix = (standard: string, description: string) =>
  z.string().max(100).regex(/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/, "topic levels parted by slashes, without wildcards, no slash at either end").default(standard).meta({ description, examples: [standard] });

const node = z
  .strictObject({
    operator: name().meta({ description: "The grid operator's name in topics and documents.", examples: ["demo"] }),
    site: name().meta({ description: "This site's name in topics and documents.", examples: ["s1"] }),
    rack: name().meta({ description: "This rack's name in topics and documents.", examples: ["r1"] }),
    supply: unset(
      z.strictObject({
        voltageV: z.number().min(50).max(1_000).meta({ description: "Nominal voltage as the rack's meter reads it.", examples: [230] }),
        frequencyHz: z.number().min(40).max(70).meta({ description: "Nominal frequency.", examples: [50] }),
      }),
    ).meta({ description: "The mains the rack's meter reads; after a BLACK_START_HOLD nothing wakes before both have been in band (10 %, 1 %) for a while. Unset: they are not awaited.", examples: [{ voltageV: 230, frequencyHz: 50 }] }),
    phases: unset(
      z.strictObject({
        voltageV: z.number().min(50).max(1_000).meta({ description: "From a phase to neutral.", examples: [230] }),
        breakerA: z.number().positive().max(10_000).meta({ description: "What one phase of the rack's feed carries without end.", examples: [63] }),
        imbalancePct: unset(z.number().min(1).max(300)).meta({ description: "The most a phase may carry over the mean of the three; unset: as it comes.", examples: [20] }),
      }),
    ).meta({ description: "The phases of the rack's feed: limits like any other, for plans and for raises. Every miner then names its phase. Unset: not counted.", examples: [{ voltageV: 230, breakerA: 63 }] }),
    nominalW: power().positive().meta({ description: "What the rack draws at full operation; ramps and shares are counted from it.", examples: [33_528] }),
    breakerW: power().positive().meta({ description: "What the feed's breaker carries without end: never exceeded, whatever the grid allows.", examples: [40_000] }),
  })
  .meta({ description: "Who and where this rack is." });

const grid = z
  .strictObject({
    brokers: brokers(0, "The operator's MQTT brokers, tried in this order; empty: the grid speaks another tongue only, as `openadr` says."),
    prefix: topicPrefix("gla/1", "What all grid topics begin with."),
    signatures: z.enum(["required", "optional"]).default("required").meta({ description: "Whether every document has to be signed by the operator.", examples: ["required"] }),
    heartbeat: z.enum(["required", "optional"]).default("required")
      .meta({ description: "Whether limits above the failsafe limit need the operator's heartbeat; optional takes a live MQTT session for it.", examples: ["required"] }),
    clock: z.enum(["kernel", "heartbeat", "assumed"]).default("kernel")
      .meta({ description: "What is believed about the time: kernel asks whether it is synchronised, heartbeat takes the operator's word besides, assumed never asks.", examples: ["kernel"] }),
    failsafeLimitW: power().meta({ description: "The limit that holds while the grid cannot be heard; 0 is zero watts.", examples: [10_000] }),
    shares: z.record(z.string().regex(/^(site|area)\/[A-Za-z0-9_.-]{1,64}$/, "site/SITE or area/AREA"), z.number().min(0).max(1)).default({})
      .meta({ description: "Our part of a site's or an area's watts, by node: narrows what the operator grants; grants by itself only where signatures are optional.", examples: [{ "site/s1": 0.1 }] }),
    rootKeyFile: unset(file()).meta({ description: "The operator's root public key, PEM; it vouches for the keys that sign documents.", examples: ["keys/root.pub.pem"] }),
    ...login,
  })
  .meta({ description: "The MQTT link to the grid operator, and what holds when it is silent." });

const sparkplugId = () => z.string().min(1).max(100).regex(/^[^+/#\p{Cc}]+$/u, "no +, / or #");

const farm = unset(
  z.strictObject({
    brokers: brokers(1, "The farm's MQTT brokers, tried in this order."),
    prefix: topicPrefix("curtaild", "What all farm topics begin with."),
    sparkplug: unset(
      z.strictObject({
        group: sparkplugId().meta({ description: "The group this rack belongs to.", examples: ["mining"] }),
        node: unset(sparkplugId()).meta({ description: "The rack's name as an edge node, unique in its group; unset: SITE-RACK.", examples: ["s1-r1"] }),
        primaryHost: unset(sparkplugId()).meta({ description: "The host application without which nothing is told: a broker where it is not is left for the next. Unset: whoever is there.", examples: ["scada"] }),
      }),
    ).meta({ description: "Whether the rack speaks Sparkplug B besides, as an edge node with a connection of its own to the same brokers; unset: it does not.", examples: [{ group: "mining" }] }),
    homeAssistant: unset(z.strictObject({ prefix: topicPrefix("homeassistant", "What Home Assistant's discovery topics begin with.") }))
      .meta({ description: "Whether rack and miners appear in Home Assistant by themselves; unset: they do not.", examples: [{ prefix: "homeassistant" }] }),
    ...login,
  }),
).meta({
  description: "A second, independent MQTT link for the farm's own telemetry; null: none.",
  examples: [{ brokers: ["mqtt://10.0.0.2:1883"] }],
});

const miner = z.strictObject({
  id: name().meta({ description: "Name of this miner, unique among miners and meters.", examples: ["asic-01"] }),
  driver: name().meta({ description: "The firmware it runs, by the name of its driver.", examples: ["luxos"] }),
  address: address().meta({ description: "Where its API listens.", examples: ["10.0.0.21:4028"] }),
  model: name().meta({ description: "Its model: operating points, nameplate and envelope come from there.", examples: ["antminer-s19k-pro"] }),
  passwordFile: unset(file()).meta({
    description: "File with the password its orders need, readable by the daemon only; a line feed at its end does not count. Unset: the one the maker ships.",
    examples: ["secrets/whatsminer"],
  }),
  webPort: unset(z.int().min(1).max(65_535)).meta({ description: "Port of its web interface, for firmware that needs both; unset: the usual one.", examples: [80] }),
  outlet: unset(outlet()).meta({ description: "The metered outlet it hangs on; unset: not known.", examples: ["pdu-1/1"] }),
  phase: unset(z.enum(["L1", "L2", "L3", "L1-L2", "L2-L3", "L3-L1", "L1-L2-L3"])).meta({ description: "The phases it draws from; needed with node.phases.", examples: ["L1"] }),
  priority: z.int().min(0).max(9).default(0).meta({ description: "Who is served first when power is short: the lowest number gets all it can use before the next gets anything.", examples: [1] }),
  pin: unset(z.string().min(1).max(100)).meta({ description: "Where it runs as long as the limit leaves room for it, before all others: a point as `curtailctl device` names it, or sleep. Unset: where it earns most.", examples: ["590"] }),
  limits: minerLimits(),
  pools: poolRules("Whom this miner may hash for; unset: as `pools` says for all."),
});

/** When the agent may open an outlet. */
const outletUse = () => z.enum(["never", "emergency", "shortfall"]);

const meter = z.strictObject({
  id: name().meta({ description: "Name of this meter or PDU, unique among miners and meters.", examples: ["pdu-1"] }),
  profile: name().meta({ description: "Its register map, by the name of its profile.", examples: ["gude-epc"] }),
  transport: z.enum(["tcp", "rtu-over-tcp", "tls", "rtu"]).default("tcp")
    .meta({ description: "How Modbus frames travel: Modbus/TCP, RTU frames through a TCP socket, Modbus/TCP Security, or RTU on a serial port of this machine.", examples: ["tcp"] }),
  address: unset(address()).meta({ description: "Where it is reached; needed for every transport but rtu. Meters at one address share one connection.", examples: ["10.0.0.11:502"] }),
  serial: unset(
    z.strictObject({
      path: file().meta({ description: "The port; a name under /dev/serial/by-id stays when adapters are replugged.", examples: ["/dev/ttyUSB0"] }),
      baud: z.int().min(300).max(1_000_000).default(9_600).meta({ description: "Its speed, the same for all devices on the line.", examples: [9_600] }),
      parity: z.enum(["none", "even", "odd"]).default("none").meta({ description: "Its parity.", examples: ["none"] }),
      stopBits: z.union([z.literal(1), z.literal(2)]).default(1).meta({ description: "Its stop bits.", examples: [1] }),
    }),
  ).meta({ description: "The serial port, for transport rtu.", examples: [{ path: "/dev/ttyUSB0", baud: 9_600, parity: "none" }] }),
  tls: unset(
    z.strictObject({
      caFile: unset(file()).meta({ description: "Certificates that may vouch for the device, PEM; unset: those the system trusts.", examples: ["tls/devices-ca.pem"] }),
      certFile: unset(file()).meta({ description: "Our client certificate, PEM.", examples: ["tls/rack.pem"] }),
      keyFile: unset(file()).meta({ description: "Private key of the client certificate, PEM, readable by the daemon only.", examples: ["tls/rack.key.pem"] }),
      serverName: unset(z.string().min(1).max(253)).meta({ description: "The name in the device's certificate, where it is not the address.", examples: ["pdu-1.farm.example"] }),
    }),
  ).meta({ description: "Certificates, for transport tls.", examples: [{ caFile: "tls/devices-ca.pem" }] }),
  login: unset(
    z.strictObject({
      username: z.string().min(1).max(256).meta({ description: "User name at the device.", examples: ["admin"] }),
      passwordFile: file().meta({ description: "File with the password, readable by the daemon only; a line feed at its end does not count.", examples: ["secrets/container"] }),
    }),
  ).meta({ description: "For devices that take orders only after a login, as their profile says.", examples: [{ username: "admin", passwordFile: "secrets/container" }] }),
  unit: z.int().min(0).max(255).default(1).meta({ description: "Modbus unit identifier.", examples: [1] }),
  breakerA: unset(z.number().positive().max(10_000)).meta({ description: "What one phase of this PDU carries without end, for the miners on its outlets; needs node.phases. Unset: not counted.", examples: [32] }),
  role: z.enum(["rack", "outlets"]).default("rack")
    .meta({ description: "rack: its total is what the rack draws (several are added up). outlets: only its outlets and contacts are used.", examples: ["rack"] }),
  outlets: z
    .array(
      z.strictObject({
        outlet: z.int().min(1).max(512).meta({ description: "Its number, counted from 1.", examples: [24] }),
        use: unset(outletUse()).meta({ description: "When it may be opened; unset: as policy.outlets says.", examples: ["never"] }),
        feeds: unset(z.string().min(1).max(100)).meta({ description: "What hangs on it besides registered miners; its draw is then no surprise.", examples: ["network switch"] }),
      }),
    )
    .max(512).default([]).meta({ description: "Outlets that are not like the others.", examples: [[{ outlet: 24, use: "never", feeds: "network switch" }]] }),
});

const contact = z.strictObject({
  output: outlet().meta({ description: "The contact, as METER/NUMBER.", examples: ["pdu-1/8"] }),
  as: z.enum(["lamp", "contactor", "watchdog"]).meta({ description: "lamp: closed while what it shows is so. watchdog: opened and closed in turns of two seconds by the finished control cycle, for a relay that ends the miners' power when that stops. contactor: closed, and opened by an E-stop policy.pduGraceS after it, when the machines have gone to sleep.", examples: ["lamp"] }),
  shows: z.enum(["limited", "trouble", "emergency"]).default("trouble")
    .meta({ description: "What lights a lamp: a limit below full power, a limit that is not kept or not verified, or an emergency.", examples: ["trouble"] }),
});

const contacts = z
  .strictObject({
    estop: z.array(outlet().meta({ description: "A contact in, as METER/NUMBER.", examples: ["pdu-1/1"] })).max(16).default([])
      .meta({ description: "Emergency stops, wired normally closed: one that is open, or cannot be read, stops the rack until `curtailctl estop reset`.", examples: [["pdu-1/1"]] }),
    overTemperature: z.array(overTemperature(outlet())).max(16).default([]).meta({ description: "Thermostats of the room: each limits the rack while it is open.", examples: [[{ input: "pdu-1/2", limitPct: 30 }]] }),
    outputs: z.array(contact).max(16).default([]).meta({ description: "Contacts the agent switches: status lamps, a contactor, a watchdog relay.", examples: [[{ output: "pdu-1/8", as: "lamp", shows: "trouble" }]] }),
  })
  .prefault({})
  .meta({ description: "Dry contacts of boxes named under meters." });

const policy = z
  .strictObject({
    onStop: z.enum(["failsafe", "hold", "sleep"]).default("failsafe")
      .meta({ description: "How the rack is left when the daemon stops: at most at the failsafe limit, as it is, or asleep.", examples: ["failsafe"] }),
    outlets: outletUse().default("never")
      .meta({ description: "When outlets may be opened: never, in an emergency, or also when sleep alone does not meet a limit.", examples: ["never"] }),
    outletMinOffS: z.number().min(0).max(3_600).default(60).meta({ description: "An outlet that was opened stays open at least this long.", examples: [60] }),
    outletSpacingS: z.number().min(0).max(600).default(2).meta({ description: "Between two outlets that are closed, so that their inrush does not add up.", examples: [2] }),
    outletsAtOnce: z.int().min(1).max(512).default(6).meta({ description: "Most outlets switched in one step of a second.", examples: [6] }),
    pduGraceS: z.number().min(0).max(3_600).default(10).meta({ description: "How long a shutdown in order may take before outlets open.", examples: [10] }),
    maxChangesPerCycle: z.int().min(1).max(most.miners).default(50).meta({ description: "Most miners raised or reshuffled in one cycle; lowering is never held back.", examples: [50] }),
    minSleepS: z.number().min(0).max(3_600).default(20).meta({ description: "A miner put to sleep sleeps at least this long.", examples: [20] }),
    minRunS: z.number().min(0).max(3_600).default(60).meta({ description: "A miner that was woken runs at least this long, unless a limit needs it asleep.", examples: [60] }),
    wakesAtOnce: z.int().min(1).max(most.miners).default(50).meta({ description: "Most miners woken together; the next follow after wakeSpacingS.", examples: [4] }),
    wakeSpacingS: z.number().min(0).max(600).default(1).meta({ description: "Between two groups of miners that are woken, so that their inrush does not add up.", examples: [2] }),
    changesApartS: z.number().min(0).max(86_400).default(300).meta({ description: "While no limit and no fault asks for it, a miner's setting is changed once in this time.", examples: [300] }),
    rotateAfterH: z.number().min(0).max(8_760).default(4).meta({ description: "A miner that has slept so long changes places with an equal one that has rested less; 0: never.", examples: [4] }),
    revenue: unset(
      z.strictObject({
        pricePerThDay: z.number().positive().max(1_000_000).meta({ description: "What one terahash a second earns in a day.", examples: [0.05] }),
        pricePerKWh: z.number().min(0).max(1_000_000).meta({ description: "What a kilowatt-hour costs, in the same currency.", examples: [0.06] }),
      }),
    ).meta({ description: "With both prices the rack earns the most money instead of the most hashrate: a watt that costs more than it earns is not drawn, and a miner whose best point loses money sleeps. Unset: the most hashrate.", examples: [{ pricePerThDay: 0.05, pricePerKWh: 0.06 }] }),
    heat: heatPolicy(),
    keepWarm: keepWarm(),
    underFrequency: underFrequency(),
    optOut: z.boolean().default(false).meta({ description: "Whether events the grid leaves to our choice (obligation MAY) are left undone; the operator is told.", examples: [false] }),
    rampPctPerMin: z.number().positive().max(10_000).default(20).meta({ description: "How fast the rack may rise, in percent of nominalW a minute, unless the allocation says otherwise.", examples: [20] }),
    restartRandomS: z.number().min(0).max(3_600).default(300).meta({ description: "Longest random delay before the rack rises after an emergency or an outage, unless the allocation says otherwise.", examples: [300] }),
  })
  .prefault({})
  .meta({ description: "What the rack's owner wants where the grid leaves a choice." });

const paths = z
  .strictObject({
    state: file().default("/var/lib/curtaild").meta({ description: "Directory for what must survive a power cut.", examples: ["/var/lib/curtaild"] }),
    run: file().default("/run/curtaild").meta({ description: "Directory of the control sockets.", examples: ["/run/curtaild"] }),
    profiles: file().default("/etc/curtaild/profiles").meta({ description: "Directory with Modbus profiles of your own; it need not be there.", examples: ["/etc/curtaild/profiles"] }),
  })
  .prefault({})
  .meta({ description: "Directories; relative ones are relative to this file." });

const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const clockForm = /^([01]?\d|2[0-3]):([0-5]\d)$|^24:00$/;
const clockTime = () =>
  z.string().regex(clockForm, "HH:MM on a 24-hour clock, 24:00 at most").transform((text) => {
    const [hours = 0, minutes = 0] = text.split(":").map(Number);
    return hours * 60 + minutes;
  });
const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
};

const zone = () => z.string().max(100).refine(isZone, "a name of the tz database, such as Europe/Berlin or UTC");
const days = () => z.array(z.enum(weekdays).meta({ description: "A weekday.", examples: ["mon"] })).min(1).max(7).default([...weekdays]).transform((names) => names.map((day) => weekdays.indexOf(day)));

const window = z.strictObject({
  name: name().meta({ description: "What this window is called.", examples: ["evening-peak"] }),
  days: days().meta({ description: "Weekdays on which it begins; unset: every day.", examples: [["mon", "tue", "wed", "thu", "fri"]] }),
  from: clockTime().meta({ description: "When it begins, by the clock on the wall there.", examples: ["17:00"] }),
  to: clockTime().meta({ description: "When it ends; not after `from` means the next day.", examples: ["21:00"] }),
  zone: zone().meta({ description: "Whose clock: a name of the tz database.", examples: ["Europe/Berlin"] }),
  limitW: unset(power()).meta({ description: "The most the rack draws in it.", examples: [12_000] }),
  limitPct: unset(z.number().min(0).max(100)).meta({ description: "The same, in percent of node.nominalW; one of the two is needed.", examples: [40] }),
});

const tariff = unset(
  z.strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/, "three capital letters").meta({ description: "Three letters (ISO 4217).", examples: ["KZT"] }),
    zone: zone().default("UTC").meta({ description: "In whose time the hours below are meant.", examples: ["Asia/Almaty"] }),
    pricePerKWh: z.number().min(0).max(1_000).meta({ description: "Price of a kilowatt-hour outside the periods.", examples: [0.06] }),
    taxPerKWh: z.number().min(0).max(1_000).default(0).meta({ description: "Tax or levy on each kilowatt-hour, besides.", examples: [0.004] }),
    periods: z.array(
      z.strictObject({
        days: days().meta({ description: "Weekdays on which it begins; unset: every day.", examples: [["mon", "tue", "wed", "thu", "fri"]] }),
        from: clockTime().meta({ description: "When it begins, by the clock on the wall there.", examples: ["18:00"] }),
        to: clockTime().meta({ description: "When it ends; not after `from` means the next day.", examples: ["22:00"] }),
        pricePerKWh: z.number().min(0).max(1_000).meta({ description: "Price of a kilowatt-hour in it.", examples: [0.11] }),
      }),
    ).max(50).default([]).meta({ description: "Hours with a price of their own; of several the first holds.", examples: [[{ from: "18:00", to: "22:00", pricePerKWh: 0.11 }]] }),
  }),
).meta({ description: "What energy costs, for energy records and reports; unset: they state no cost.", examples: [{ currency: "USD", pricePerKWh: 0.06 }] });

const licence = unset(
  z.strictObject({
    id: z.string().min(1).max(128).meta({ description: "Its number, as the authority writes it.", examples: ["KZ-2026-0042"] }),
    expires: z.iso.date().meta({ description: "The last day it holds, UTC.", examples: ["2027-12-31"] }),
    onExpiry: z.enum(["warn", "failsafe", "stop"]).default("warn").meta({ description: "What happens when it has expired: a daily warning, the failsafe limit, or no mining.", examples: ["warn"] }),
  }),
).meta({ description: "The licence this rack mines under; unset: none is watched.", examples: [{ id: "KZ-2026-0042", expires: "2027-12-31" }] });

const evidence = z
  .strictObject({
    keepMonths: z.int().min(1).max(240).default(24).meta({ description: "How long the journal and the energy records are kept.", examples: [24] }),
    packAfterDays: z.int().min(0).max(3_650).default(2).meta({ description: "The journal's days are compressed when they are older than this.", examples: [2] }),
    reserveMB: z.int().min(1).max(100_000).default(64).meta({ description: "When less than this is free on the disk, summaries are no longer stored: the rest is for what must be kept.", examples: [64] }),
    tariff,
    licence,
  })
  .prefault({})
  .meta({ description: "What is recorded for others to rely on, and for how long." });

const web = unset(
  z.strictObject({
    listen: address().meta({ description: "Where it listens: an address or the name of a network interface, and a port. Loopback needs no token, everything else does.", examples: ["127.0.0.1:9840"] }),
    tokenFile: unset(file()).meta({ description: "File with the token readers have to show, 16 characters or more, readable by the daemon only. Unset: whoever is on this machine may read.", examples: ["secrets/web"] }),
    names: z.array(z.string().max(253).regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, "a host name").meta({ description: "A host name.", examples: ["rack-1.farm.example"] })).max(16).default([])
      .meta({ description: "Names browsers reach it by, besides localhost and its address; others are turned away, because a name can be made to mean this machine.", examples: [["rack-1.farm.example"]] }),
    page: z.boolean().default(true).meta({ description: "Whether it shows the status page.", examples: [true] }),
    metrics: z.boolean().default(false).meta({ description: "Whether it answers Prometheus at /metrics.", examples: [false] }),
  }),
).meta({ description: "A listener for browsers and collectors. It only reads. Null: none.", examples: [{ listen: "127.0.0.1:9840" }] });

/** Sixteen of the largest are 65,000 addresses: a look at 50 a second takes 22 minutes. */
const networkRule = "NETWORK/BITS with 20 to 32 bits, as in 10.0.0.0/22";
const discovery = unset(
  z.strictObject({
    networks: z.array(z.string().regex(/^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?=\d)|(?=\/))){4}\/(2\d|3[0-2])$/, networkRule).meta({ description: "A network to look at.", examples: ["10.0.0.0/22"] })).min(1).max(16)
      .meta({ description: "The networks to look at.", examples: [["10.0.0.0/22"]] }),
    every: z.enum(["hourly", "daily", "weekly"]).default("daily").meta({ description: "How often.", examples: ["daily"] }),
    port: unset(z.int().min(1).max(65_535)).meta({ description: "Where their APIs listen; unset: at the usual port of each.", examples: [4028] }),
  }),
).meta({ description: "Looks for miners by the calendar and says which are new, gone, moved or run another firmware. Changes nothing. Unset: nobody looks.", examples: [{ networks: ["10.0.0.0/22"] }] });

export const configSchema = z
  .strictObject({
    version: z.literal(1).meta({ description: "Version of this file's layout.", examples: [1] }),
    node,
    grid,
    openadr: openadr(),
    farm,
    miners: z.array(miner).min(1).max(most.miners).meta({ description: "The miners this rack is made of.", examples: [[{ id: "asic-01", driver: "luxos", address: "10.0.0.21:4028", model: "antminer-s19k-pro", phase: "L1" }]] }),
    meters: z.array(meter).max(most.meters).default([]).meta({ description: "Meters and metered PDUs.", examples: [[{ id: "pdu-1", profile: "gude-epc", address: "10.0.0.11:502" }]] }),
    schedule: z.array(window).max(50).default([]).meta({ description: "Limits of the rack's own at planned times. They narrow what the grid allows and lift nothing.", examples: [[{ name: "evening-peak", from: "17:00", to: "21:00", zone: "Europe/Berlin", limitPct: 40 }]] }),
    contacts,
    discovery,
    pools: poolRules("Whom the miners may hash for; hashing for anyone else is said at once and changed by nobody. Unset: nobody watches."),
    policy,
    evidence,
    web,
    paths,
  })
  .meta({ title: "curtaild configuration", description: "Configuration of curtaild, one file a rack." });

/** A valid configuration: defaults filled in, addresses parsed, every path absolute. Powers in watts, times in seconds, as their names say. */
export type Config = z.output<typeof configSchema>;
/** What a file says, before defaults. */
export type ConfigInput = z.input<typeof configSchema>;
/** What an MQTT link needs: the grid's, or the farm's. */
export type BrokerConfig = Pick<Config["grid"], "brokers" | "prefix" | "username" | "passwordFile" | "tls">;
