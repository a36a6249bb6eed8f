import { wordsOf } from "./decode.ts";
import type { Point, Profile, RawValue } from "./profile.ts";

export type Path = readonly (string | number)[];

/** What is wrong at `path`, and what to write instead. */
export interface Fault {
  readonly path: Path;
  readonly cure: string;
}

/** What the meter takes from a profile, and the unit each must come in. */
const KNOWN_UNITS: Readonly<Record<string, string>> = { power: "W", voltage: "V", frequency: "Hz", energy: "Wh", "outlet.power": "W" };
const WITHOUT_SCALE: ReadonlySet<RawValue["type"]> = new Set(["bool", "sunssf", "bits", "string"]);

/** The rules between the parts of a profile that each look right alone. */
export function faultsIn(profile: Profile): Fault[] {
  const faults: Fault[] = [];
  const fault: Report = (path, cure) => { faults.push({ path, cure }); };
  checkGroups(profile, fault);
  for (const [key, count] of Object.entries(profile.counts)) {
    if (count.least > count.most) fault(["counts", key, "least"], `must not be more than most (${count.most})`);
  }
  profile.identify.forEach((probe, index) => {
    const path = ["identify", index];
    checkRaw(probe, path, fault);
    if (probe.scaleFrom !== undefined) fault([...path, "scaleFrom"], "a probe stands alone: give its scale");
    if ((probe.equals === undefined) === (probe.range === undefined)) fault(path, "exactly one of equals and range says what the device must answer");
    if (probe.address - profile.addressBase < 0) fault([...path, "address"], "addresses start at 1 under addressBase 1");
  });
  for (const [key, point] of Object.entries(profile.points)) checkPoint(key, point, profile, fault);
  checkSwitch(profile, fault);
  if (profile.sunspec !== undefined && (profile.addressBase !== 0 || Object.keys(profile.counts).length > 0 || profile.identify.length > 0 || profile.switch !== undefined)) {
    fault(["sunspec"], "the model tells the device and addresses count from its id: remove addressBase, counts, identify and switch");
  }
  return faults;
}

type Report = (path: Path, cure: string) => void;

function checkGroups(profile: Profile, fault: Report): void {
  const groups = Object.entries(profile.groups);
  if (!groups.some(([, group]) => group.intervalMs === 0)) fault(["groups"], "one group needs intervalMs: 0, it is read with every poll");
  for (const [key, group] of groups) {
    if (group.staleAfterMs <= group.intervalMs) fault(["groups", key, "staleAfterMs"], `must be longer than intervalMs (${group.intervalMs}), or every value is stale before the next comes`);
  }
}

function checkRaw(value: RawValue, path: Path, fault: Report): void {
  const scales = [value.scale, value.linear, value.scaleFrom].filter((given) => given !== undefined).length;
  if (WITHOUT_SCALE.has(value.type)) {
    if (scales > 0) fault(path, `a ${value.type} has no scale: remove scale, linear and scaleFrom`);
  } else if (scales !== 1) fault(path, `exactly one of scale, linear, scaleFrom is needed, ${scales} are given; without scaling write scale: 1`);
  const bits = value.table === "coil" || value.table === "discrete";
  if (bits && value.type !== "bool") fault([...path, "type"], `a ${value.table} is a bool`);
  if ((value.type === "string") !== (value.words !== undefined)) fault([...path, "words"], "belongs to a string, and a string needs it");
  const picks = [value.bit, value.mask].filter((given) => given !== undefined).length;
  if (picks !== (value.type === "bits" ? 1 : 0)) fault(path, value.type === "bits" ? "bits need exactly one of bit and mask" : "bit and mask belong to type bits");
  const words = [value.isTrue, value.isFalse];
  if (words.some((given) => given !== undefined)) {
    if (value.type !== "bool" || bits) fault(path, "isTrue and isFalse belong to a bool in a register");
    else if (words.some((given) => given === undefined) || value.isTrue?.some((word) => value.isFalse?.includes(word)) === true) fault(path, "isTrue and isFalse come together and share no word");
  }
  if (value.linear !== undefined && value.linear.raw[0] === value.linear.raw[1]) fault([...path, "linear", "raw"], "needs two different raw values");
}

function checkPoint(key: string, point: Point, profile: Profile, fault: Report): void {
  const path = ["points", key];
  checkRaw(point, path, fault);
  if (profile.groups[point.group] === undefined) fault([...path, "group"], `no group ${point.group}: write it under groups, or use ${Object.keys(profile.groups).join(", ")}`);
  const unit = KNOWN_UNITS[key];
  if (unit !== undefined && point.unit !== unit) fault([...path, "unit"], `the meter takes ${key} in ${unit}: scale it and write unit: ${unit}`);
  const numbered = /^(outlet|input)\./.test(key);
  if (/^(outlet|input)\.on$/.test(key) && point.type !== "bool" && point.bit === undefined) fault([...path, "type"], "must be a bool, or bits with one bit");
  if (numbered && (point.repeat?.length !== 1 || point.combine !== undefined)) fault(path, "a point of outlets or inputs needs one repeat and no combine");
  if (!numbered && (point.repeat === undefined) !== (point.combine === undefined)) fault(path, "repeat and combine come together: say how the repeated values become one");
  const least = addresses(point, profile, path, fault);
  if (least < profile.addressBase) fault([...path, "address"], `reaches below ${profile.addressBase}, the first address there is`);
  checkScaleFrom(point, profile, path, fault);
}

/** The lowest address a point reaches; complains when the highest does not exist. */
function addresses(point: Point, profile: Profile, path: Path, fault: Report): number {
  let [least, most] = [point.address, point.address];
  (point.repeat ?? []).forEach(({ count, stride }, index) => {
    const times = typeof count === "number" ? count : profile.counts[count]?.most;
    if (times === undefined) return fault([...path, "repeat", index, "count"], `no count ${count}: write it under counts`);
    if (stride > 0) most += (times - 1) * stride;
    else least += (times - 1) * stride;
  });
  if (most + wordsOf(point) - profile.addressBase > 0x1_0000) fault([...path, "address"], `reaches beyond 0xffff: look at address, repeat and the count's most`);
  if (wordsOf(point) > profile.limits.maxWords) fault(path, `is longer than limits.maxWords (${profile.limits.maxWords})`);
  return least;
}

function checkScaleFrom(point: Point, profile: Profile, path: Path, fault: Report): void {
  if (point.scaleFrom === undefined) return;
  const factor = profile.points[point.scaleFrom];
  if (factor?.type !== "sunssf" || factor.table !== point.table || factor.repeat !== undefined) {
    return fault([...path, "scaleFrom"], `${point.scaleFrom} must be a point of type sunssf in table ${point.table}, without repeat`);
  }
  if (point.repeat !== undefined) return fault([...path, "scaleFrom"], "goes with a single value: name repeated values one by one");
  const span = Math.max(factor.address + 1, point.address + wordsOf(point)) - Math.min(factor.address, point.address);
  if (span > profile.limits.maxWords) fault([...path, "scaleFrom"], `value and factor are ${span} registers apart and must fit one read of ${profile.limits.maxWords}`);
}

function checkSwitch(profile: Profile, fault: Report): void {
  const order = profile.switch;
  if (order === undefined) return;
  const state = profile.points["outlet.on"];
  if (state === undefined) return fault(["switch"], "needs a point outlet.on to read back what became of an order");
  const values = [order.on, order.off];
  if (order.table === "coil" && values.some((value) => value !== undefined)) fault(["switch"], "a coil is switched by true and false: remove on and off");
  if (order.table === "holding" && (values.some((value) => value === undefined) || order.on === order.off)) fault(["switch"], "a register needs two different values, on and off");
  if (order.confirm.power !== undefined && profile.points["outlet.power"] === undefined) fault(["switch", "confirm", "power"], "needs a point outlet.power");
  const times = state.repeat?.[0]?.count;
  const most = typeof times === "number" ? times : (profile.counts[times ?? ""]?.most ?? 1);
  const last = order.address + (most - 1) * order.stride;
  if (Math.min(order.address, last) < profile.addressBase || Math.max(order.address, last) - profile.addressBase > 0xffff) fault(["switch", "address"], `outlet ${most} would be at ${last}`);
}
