/**
 * A device profile: what one family of PDUs or meters keeps where, as data (`profiles/*.yaml`). The descriptions below are its manual.
 * Values come out in the unit named, or as null; nothing is clamped and nothing missing becomes 0.
 */
import { z } from "zod";

const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "small letters, digits and hyphens");
const pointName = z.string().regex(/^[a-z][A-Za-z0-9]{0,29}(\.[a-z][A-Za-z0-9]{0,29})?$/, "a name such as `power` or `outlet.power`");
const millis = z.int().min(0).max(86_400_000);
const wordAddress = z.int().min(0).max(0x1_0000);
const stride = z.int().min(-0x8000).max(0x8000).refine((value) => value !== 0, "a stride of 0 reads the same place again and again");
const span = z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high, "the smaller value comes first");
const order = z.enum(["high-first", "low-first"]);
const registerTable = z.enum(["holding", "input"]);

const raw = {
  table: z.enum(["coil", "discrete", "holding", "input"]).describe("coil: FC1, discrete: FC2, holding: FC3, input: FC4"),
  address: wordAddress.describe("Address of the first value, counted from `addressBase`"),
  type: z.enum(["bool", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "sunssf", "bits", "string"])
    .describe("bool: a coil, or a register that is 0 or 1 unless `isTrue` and `isFalse` say otherwise. sunssf: a SunSpec power of ten. bits: a part of one register, see `bit` and `mask`. string: ASCII in `words` registers"),
  words: z.int().min(1).max(64).optional().describe("string only: its length in registers"),
  bit: z.int().min(0).max(15).optional().describe("bits only: the one bit that is the value, as true or false; bit 0 is the lowest"),
  mask: z.int().min(1).max(0xffff).optional().describe("bits only: the bits that are the value, shifted down to bit 0"),
  isTrue: z.array(z.int().min(0).max(0xffff)).min(1).max(8).optional().describe("bool in a register only: the words that mean true"),
  isFalse: z.array(z.int().min(0).max(0xffff)).min(1).max(8).optional().describe("bool in a register only: the words that mean false; any other is null"),
  wordOrder: order.optional().describe("Which word of a value of several words comes first; overrides the profile's"),
  byteOrder: order.optional().describe("Which byte of a word comes first; overrides the profile's"),
  invalid: z.array(z.union([z.int().min(0), z.string().regex(/^0x[0-9a-fA-F]{1,16}$/, "a hexadecimal number such as 0x8000")])).max(8).optional()
    .describe("Raw values that mean `not available`, as unsigned numbers of the value's width; above 2^53 as a string"),
  range: span.optional().describe("[least, most] the value can be, in its unit; anything outside is null"),
  scale: z.number().refine((value) => value !== 0, "a scale of 0 hides the value").optional().describe("Value = raw x scale"),
  linear: z.strictObject({ raw: span, value: z.tuple([z.number(), z.number()]) }).optional().describe("Value on a straight line: `raw` [from, to] becomes `value` [from, to]"),
  scaleFrom: pointName.optional().describe("Value = raw x 10^(the sunssf point of this name); both are read in one request"),
};

const repeat = z.strictObject({
  count: z.union([z.int().min(1).max(512), name]).describe("How many; a number, or the name of a count that the device tells"),
  stride: stride.describe("Distance from one to the next; negative where the addresses fall"),
});

const point = z.strictObject({
  ...raw,
  group: name.describe("The poll group it is read with"),
  unit: z.string().max(10).optional().describe("W, V, A, Hz, Wh, ...: the unit after scaling"),
  repeat: z.array(repeat).min(1).max(2).optional().describe("One value for each outlet, line or phase; the outer repetition first"),
  combine: z.enum(["sum", "mean", "first"]).optional().describe("How repeated values become one. A sum or mean with an unknown part is unknown"),
});

const count = z.strictObject({
  table: registerTable,
  address: wordAddress.describe("One unsigned register"),
  least: z.int().min(0).max(512).describe("Fewer than this: not the device this profile is for"),
  most: z.int().min(1).max(512).describe("More than this: not the device this profile is for"),
});

const group = z.strictObject({
  intervalMs: millis.describe("0: with every poll, and waited for. Else: this often, behind everything else"),
  staleAfterMs: millis.min(1).describe("An older value is served as null"),
});

const limits = z.strictObject({
  maxWords: z.int().min(1).max(125).default(125).describe("Most registers in one read"),
  maxBits: z.int().min(1).max(2000).default(2000).describe("Most coils or discrete inputs in one read"),
  maxGapWords: z.int().min(0).max(64).default(0).describe("Registers nobody wants that a read may run across; many devices refuse unmapped ones"),
  timeoutMs: millis.min(10).default(1000).describe("Until a reply is complete"),
  minGapMs: millis.max(5000).default(0).describe("Silence between two requests"),
  connectDelayMs: millis.max(5000).default(0).describe("Silence between connecting and the first request"),
  quietAfterTimeoutMs: millis.max(30_000).default(0).describe("Silence after a timeout: the slowest reply of the device"),
  maxConnections: z.int().min(1).max(64).default(1).describe("How many clients the device serves at once; this one needs one"),
});

const identify = z.strictObject({
  ...raw,
  equals: z.union([z.number(), z.boolean(), z.string()]).optional().describe("The one right value; else any value within `range`"),
  means: z.string().max(120).describe("What it is, for the message: `number of relay ports`"),
});

const switching = z.strictObject({
  table: z.enum(["coil", "holding"]).describe("coil: FC5, holding: FC6"),
  address: wordAddress.describe("Of outlet 1"),
  stride,
  on: z.int().min(0).max(0xffff).optional().describe("holding only: the value that switches on"),
  off: z.int().min(0).max(0xffff).optional().describe("holding only: the value that switches off. Absolute values only: a toggle repeated is a lie"),
  confirm: z.strictObject({
    withinMs: millis.min(1).default(2000).describe("Until `outlet.on` must read as ordered"),
    power: z.strictObject({ offBelowW: z.number().min(0), withinMs: millis.min(1) }).optional().describe("After switching off, `outlet.power` must fall below this"),
  }).prefault({}),
  spacingMs: millis.default(0).describe("Between two orders to this device"),
  minOffMs: millis.default(0).describe("An outlet switched off here stays off at least this long"),
  retries: z.int().min(0).max(3).default(1).describe("Orders repeated after the outlet was read back and found unchanged"),
});

const sunspec = z.strictObject({
  models: z.array(z.int().min(1).max(0xfffe)).min(1).max(16).describe("The models this profile reads, any of them; the first found is the base of all addresses below"),
  at: z.array(wordAddress).min(1).max(8).default([40_000, 50_000, 0]).describe("Where the marker `SunS` may be, tried in this order"),
});

const login = z.strictObject({
  unit: z.int().min(0).max(255).describe("The unit that grants access to all others behind the address"),
  challenge: z.strictObject({ table: registerTable, address: wordAddress, words: z.int().min(1).max(32) }).describe("Random words, new for every login"),
  answer: z.strictObject({ address: wordAddress }).describe("FC16: where the digest is written"),
  digest: z.enum(["sha256-of-md5"]).describe("sha256-of-md5: SHA-256 of challenge, MD5 of the user name and MD5 of the password, one behind the other"),
});

/** The shape; what its parts owe each other is in profile-check.ts. */
export const profileSchema = z.strictObject({
  profile: name.describe("Its name, the file's name without .yaml"),
  title: z.string().min(1).max(120).describe("Make and models"),
  status: z.enum(["vendor-doc", "third-party", "bench-verified"]).describe("Where the map comes from: the vendor's document, someone else's code, a device on our bench"),
  sources: z.array(z.string().min(1).max(300)).min(1).describe("Documents, with page or version"),
  addressBase: z.union([z.literal(0), z.literal(1)]).default(0).describe("1: addresses in this file are document numbers, one above the wire's"),
  wordOrder: order.default("high-first"),
  byteOrder: order.default("high-first"),
  accuracy: z.strictObject({
    fraction: z.number().min(0).max(0.2).describe("Class of the meter as a fraction of the reading"),
    resolutionW: z.number().min(0).max(1000).describe("Smallest step of one outlet's reading"),
  }),
  limits: limits.prefault({}),
  sunspec: sunspec.optional().describe("The map begins wherever the device has put it: addresses in this file count from a model's id register"),
  login: login.optional().describe("Orders need a user name and password: meters[].login in the configuration. Reads do without"),
  groups: z.record(name, group),
  counts: z.record(name, count).default({}).describe("Numbers of outlets, lines, phases as the device itself tells"),
  identify: z.array(identify).max(8).default([]).describe("Reads that tell this device from another: asked on the first connection and after every longer silence, before anything is believed or switched"),
  points: z.record(pointName, point).describe("The meter uses power (W), voltage (V), frequency (Hz), energy (Wh), outlet.power (W) and outlet.on (true or false); input.on (true or false, contacts); others are for people"),
  switch: switching.optional(),
});

export type Profile = z.infer<typeof profileSchema>;
export type Point = z.infer<typeof point>;
/** How a value lies in the registers and what it means. */
export type RawValue = Omit<z.infer<typeof identify>, "equals" | "means">;
export type Probe = z.infer<typeof identify>;
export type Sunspec = z.infer<typeof sunspec>;
export type Limits = z.infer<typeof limits>;
