/** What the conformance vectors tell. Expectations are written here by hand from gla-1.md; no run of ours fills them in. */
import { isoTime } from "../../agent/signal/compose.ts";
import { drawFor } from "../../agent/signal/draw.ts";
import { grid, node, origin, root, stranger, Story, successor, topicOf, type VectorFile } from "./vector.ts";

const own = (path: string): string => topicOf(`${node}/${path}`);
const late = (second: number): string => isoTime(origin + second * 1_000);
const refusedOnce = (code: string) => ({ refused: { [code]: 1 } });
const seed = "5eed".repeat(16);
const open = { start: null, durationS: null };

const confirmation = (): VectorFile =>
  new Story().keys().allocation(20_000)
    .heartbeat({}, { [own("event/other")]: [0, 1] })
    .wait(2)
    .tell("confirmation-not-given", "A heartbeat that names a document the agent does not hold confirms nothing: the failsafe limit stays.");

const lost = (): VectorFile =>
  new Story().trusted()
    .wait(119)
    .wait(4, { limitW: 10_000, source: "failsafe", state: "failsafe" })
    .wait(600)
    .at(730).heartbeat({ limitW: 20_000, source: "allocation", state: "limited" })
    .tell("heartbeat-lost", "Silence for longer than the timeout leads to failsafe, time alone never back, a heartbeat that confirms does.");

const gap = (): VectorFile =>
  new Story().trusted().at(5)
    .heartbeat({}, { [own("allocation")]: [0, 999] })
    .wait(8)
    .wait(4, { limitW: 10_000, source: "failsafe", state: "failsafe" })
    .tell("gap-unhealed", "A newer document that is named and does not come counts as a lost heartbeat after 10 s.");

const emergency = (): VectorFile => {
  const story = new Story().trusted().at(10);
  story.say("EMERGENCY", { action: "STOP" }, { acks: ["RECEIVED", "ACCEPTED"], limitW: 0, source: "emergency", state: "emergency" }, { id: "stop-1", iat: -90_000, exp: -80_000 });
  story.hear(own("emergency"), "", refusedOnce("SCHEMA"), true);
  story.restart().wait(5, { refused: {} });
  story.heartbeat();
  story.say("RELEASE", { releases: "stop-2" }, { acks: ["REJECTED/NOT_APPLICABLE"], refused: { NOT_APPLICABLE: 1 } }, { id: "release-0" });
  story.say("RELEASE", { releases: "stop-1" }, { acks: ["RECEIVED", "ACCEPTED"] }, { id: "release-1" });
  story.wait(5);
  story.heartbeat({ limitW: 20_000, source: "allocation", state: "restoring" });
  return story.tell("emergency-and-release", "An EMERGENCY acts whatever its times say and survives restarts; an empty message, or the RELEASE of another, ends nothing; the RELEASE that names it does when a heartbeat names that.");
};

const refusals: readonly (readonly [name: string, shows: string, tell: (story: Story) => Story])[] = [
  ["unsigned", "Where signatures are required a bare document is not answered.", (story) => story.limit(0, { acks: [], ...refusedOnce("UNSIGNED") }, {}, { key: null })],
  ["short-form-unsigned", "Nor is the short form.", (story) => story.hear(own("allocation"), '{"limitW":0}', refusedOnce("UNSIGNED"))],
  ["forged", "A signature by another key of the same name.", (story) => story.limit(0, { acks: [], ...refusedOnce("BAD_SIGNATURE") }, {}, { key: stranger })],
  ["unknown-kid", "A key nobody granted.", (story) => story.limit(0, { acks: [], ...refusedOnce("BAD_SIGNATURE") }, {}, { key: { ...grid, kid: "grid-9" } })],
  ["altered", "A payload changed after it was signed.", (story) => story.limit(0, { acks: [], ...refusedOnce("BAD_SIGNATURE") }, {}, { spoil: (payload) => payload.replace(/"payload":"(.)/, '"payload":"f') })],
  ["unprotected-header", "An unprotected header beside a good signature.", (story) => story.limit(0, { acks: [], ...refusedOnce("BAD_SIGNATURE") }, {}, { spoil: (payload) => payload.replace("{", '{"header":{"alg":"none"},') })],
  ["duplicate-key", "The same key twice has two meanings: none is taken.", (story) => story.limit(0, { acks: [], ...refusedOnce("SCHEMA") }, {}, { spoil: (payload) => payload.replace("{", '{"signature":"",') })],
  ["wrong-topic", "One event's document on another's topic.", (story) => story.limit(0, { acks: [], ...refusedOnce("AUDIENCE") }, {}, { topic: own("event/e2") })],
  ["wrong-rack", "Another rack's document on ours.", (story) => story.limit(0, { acks: [], ...refusedOnce("AUDIENCE") }, {}, { node: "site/s1/rack/r2", topic: own("event/e1") })],
  ["too-large", "More than 64 KiB.", (story) => story.hear(own("event/e1"), " ".repeat(65_537), refusedOnce("TOO_LARGE"))],
  ["negative", "A limit below zero.", (story) => story.limit(-1, { acks: ["REJECTED/NEGATIVE"], ...refusedOnce("NEGATIVE") })],
  ["missing", "A limit that is not said is no limit of zero.", (story) => story.say("LIMIT", { intervals: [{ start: null, durationS: null }] }, { acks: ["REJECTED/SCHEMA"], ...refusedOnce("SCHEMA") }, { id: "e1" })],
  ["from-the-future", "Issued more than 5 s ahead of a synchronised clock.", (story) => story.limit(0, { acks: ["REJECTED/INVALID_TIME"], ...refusedOnce("INVALID_TIME") }, {}, { iat: 60 })],
  ["expired", "Over before it came.", (story) => story.limit(0, { acks: ["REJECTED/EXPIRED"], ...refusedOnce("EXPIRED") }, {}, { iat: -600, exp: -300 })],
  ["must-understand", "A field that has to be understood and is not.", (story) => story.limit(0, { acks: ["REJECTED/NOT_APPLICABLE"], ...refusedOnce("NOT_APPLICABLE") }, { must: ["colour"], colour: "red" })],
  ["no-share", "A site's watts without a share of them.", (story) => story.limit(0, { acks: ["REJECTED/NOT_APPLICABLE"], ...refusedOnce("NOT_APPLICABLE") }, {}, { node: "site/s1" })],
  ["shares-beyond-the-whole", "Shares of more than the whole.", (story) => story.allocation(1, { acks: ["REJECTED/SCHEMA"], ...refusedOnce("SCHEMA") }, { shares: { "rack/r1": 0.6, "rack/r2": 0.6 } }, { node: "site/s1" })],
];

const replay = (): VectorFile =>
  new Story().trusted()
    .limit(8_000, { limitW: 8_000, source: "event" }, {}, { seq: 500 })
    .again()
    .limit(30_000, { acks: ["REJECTED/REPLAY"], ...refusedOnce("REPLAY") }, {}, { seq: 500 })
    .limit(30_000, {  acks: ["REJECTED/REPLAY"], refused: { REPLAY: 2 } }, {}, { seq: 499 })
    .limit(30_000, { acks: [] }, {}, { seq: 498, retain: true })
    .restart().limit(30_000, { acks: ["REJECTED/REPLAY"], refused: { REPLAY: 1 }, state: "init" }, {}, { seq: 499 })
    .tell("replay", "What is held is applied again and not answered; the same number with another payload, and a lower one, are refused also after a restart; a lower one that is retained is passed over in silence.");

const rotation = (): VectorFile =>
  new Story().trusted()
    .limit(8_000, { limitW: 8_000, source: "event" })
    .limit(9_000, { acks: [], ...refusedOnce("BAD_SIGNATURE") }, {}, { key: successor, id: "e2" })
    .keys({}, [successor])
    .limit(20_000, { acks: [], refused: { BAD_SIGNATURE: 2 } })
    .limit(9_000, { limitW: 9_000 }, {}, { key: successor })
    .keys({ acks: ["REJECTED/SCHEMA"], refused: { BAD_SIGNATURE: 2, SCHEMA: 1 } }, [successor, { ...root, kid: "grid-3" }])
    .tell("keys-rotated", "A new key set takes away what it leaves out: the old key signs nothing more, what it has said stays until the new one replaces it, and the root key is no working key.");

const named = (): VectorFile =>
  new Story().trusted()
    .limit(900_000, { acks: [] }, {}, { node: "area/constructor", id: "toString" })
    .limit(8_000, { limitW: 8_000, source: "event" }, {}, { id: "constructor" })
    .tell("names", "A name is a name: no share comes from an area called like a member of every object, and an event may be called so.");

const limits = (): VectorFile =>
  new Story().trusted()
    .limit(8_000, { limitW: 8_000, source: "event" }, { drill: true })
    .limit(12_000, {}, {}, { id: "e2" })
    .limit(0, { acks: ["RECEIVED", "CANCELLED"], limitW: 12_000 }, { status: "CANCELLED", intervals: [] })
    .hear(own("event/e2"), "", {}, true)
    .restart().wait(1, { state: "init", limitW: 10_000, source: "failsafe" })
    .tell("limits-and-cancellation", "Limits bind together and the smallest holds; a cancelled one leaves the minimum; an empty retained message is no cancellation.");

const superseded = (): VectorFile =>
  new Story().trusted()
    .limit(5_000, { limitW: 5_000, source: "event" })
    .at(10).limit(9_000, {}, { supersedes: "e1", intervals: [{ start: late(40), durationS: 300, limitW: 9_000 }] }, { id: "e2", exp: 600 })
    .wait(27)
    .wait(6, { acks: ["SUPERSEDED"], limitW: 9_000 })
    .tell("supersedes", "The event that is named leaves when the one that names it has surely begun, not before.");

const random = (): VectorFile => {
  const begins = Math.ceil(drawFor(seed, "e1") * 60);
  return new Story().trusted()
    .limit(5_000, {}, { randomizeS: 60, intervals: [{ start: late(0), durationS: 100, limitW: 5_000 }] })
    .at(begins - 4).wait(0)
    .at(begins + 3).wait(0, { limitW: 5_000, source: "event" })
    .at(97).wait(0)
    .at(104).wait(0, { limitW: 20_000, source: "allocation" })
    .tell("random-start", `The first interval begins u x randomizeS later, u = HMAC-SHA256(deviceSeed, "e1") / 2^256 = ${drawFor(seed, "e1").toFixed(6)}; its end does not move.`);
};

const cancelledRandom = (): VectorFile => {
  const acts = Math.ceil(drawFor(seed, "e1") * 60);
  return new Story().trusted()
    .limit(5_000, { limitW: 5_000, source: "event" })
    .limit(0, { acks: ["RECEIVED", "ACCEPTED"] }, { status: "CANCELLED_RANDOM", randomizeS: 60, intervals: [] })
    .at(acts - 4).wait(0)
    .at(acts + 4).wait(0, { acks: ["CANCELLED"], limitW: 20_000, source: "allocation" })
    .tell("cancelled-random", "A CANCELLED_RANDOM acts u x randomizeS after it was issued; until then the event binds.");
};

const slope = (): VectorFile =>
  new Story({ nominalW: 20_000 }).keys().allocation(20_000).heartbeat({ limitW: 20_000, source: "allocation", state: "controlled" })
    .limit(10_000, {}, { rampS: 100, intervals: [{ start: late(10), durationS: 600, limitW: 10_000 }] })
    .at(58).wait(0, { limitW: 15_000, source: "event", state: "limited" })
    .at(112).wait(0, { limitW: 10_000 })
    .tell("slope", "With rampS the limit falls in a straight line from nominal power; of now, which is an interval of 2 s either way, the smallest it states binds.");

const levels = (): VectorFile =>
  new Story().keys()
    .allocation(20_000, {}, { firmW: 16_000, levels: [1, 0.5, 0.25, 0] }).heartbeat({ limitW: 20_000, source: "allocation", state: "limited" })
    .say("LEVEL", { intervals: [{ ...open, level: 1 }] }, { acks: ["RECEIVED", "ACCEPTED"], limitW: 8_000, source: "event" }, { id: "l1" })
    .say("LEVEL", { intervals: [{ ...open, level: 3 }] }, { acks: ["RECEIVED", "ACCEPTED"], limitW: 0 }, { id: "l1" })
    .allocation(20_000, { limitW: 10_000, source: "event" })
    .tell("levels", "A LEVEL is a fraction of firmW as the allocation says; where none says what it means, the failsafe limit stands in.");

const setpoints = (): VectorFile =>
  new Story().trusted()
    .say("SETPOINT", { priority: 2, intervals: [{ ...open, setpointW: 9_000 }] }, { acks: ["RECEIVED", "ACCEPTED"], setpointW: 9_000 }, { id: "s1" })
    .say("SETPOINT", { priority: 1, intervals: [{ ...open, setpointW: 30_000 }] }, { acks: ["RECEIVED", "ACCEPTED"], setpointW: 30_000 }, { id: "s2" })
    .tell("setpoints", "A SETPOINT limits nothing; of several the one with the smaller priority is wanted, and min(setpointW, limit) is aimed at.");

const shares = (): VectorFile =>
  new Story().trusted()
    .allocation(100_001, { limitW: 8_000 }, { shares: { "rack/r1": 0.08 } }, { node: "site/s1" })
    .limit(50_001, { limitW: 4_000, source: "event" }, {}, { node: "site/s1" })
    .limit(900_000, { acks: [] }, {}, { node: "area/north", id: "n1" })
    .allocation(20_000, {}, { areas: { north: 0.001 } })
    .again({}, true)
    .limit(900_000, { limitW: 900 }, {}, { node: "area/north", id: "n2" })
    .tell("shares-and-areas", "An ancestor's and an area's watts are multiplied by the share granted and rounded down; what an area says to others is not answered.");

const optOut = (): VectorFile =>
  new Story({ optOut: true }).trusted()
    .limit(5_000, { acks: ["RECEIVED", "OPT_OUT"] }, { obligation: "MAY" })
    .limit(5_000, { limitW: 5_000, source: "event" })
    .tell("opt-out", "A MAY may be left undone, and is then answered with OPT_OUT; a MUST may not.");

const next = (): VectorFile =>
  new Story().trusted()
    .say("ALLOCATION", { validFrom: late(60), validUntil: late(3_660), maxW: 15_000 }, { acks: ["RECEIVED", "ACCEPTED"] }, { exp: 3_660 })
    .at(57).wait(0).at(63).wait(0, { limitW: 15_000 })
    .tell("next-allocation", "An allocation that begins later waits; the running one binds until then.");

const noClock = (): VectorFile =>
  new Story({ synchronised: false }).keys()
    .allocation(20_000, {}, { schedule: [{ durationS: 1_810, limitW: 20_000 }, { durationS: 1_800, limitW: 12_000 }] })
    .heartbeat({ limitW: 10_000, source: "failsafe", state: "limited" })
    .tell("no-clock", "Without a synchronised clock now has no upper bound: it may be after the allocation's end, so the failsafe limit stands in beside the smallest the schedule states.");

const short = (): VectorFile =>
  new Story({ signatures: "optional" })
    .hear(own("allocation"), '{"limitW":4000}', { acks: ["RECEIVED", "ACCEPTED"], limitW: 4_000, source: "allocation" })
    .hear(own("allocation"), '{"limitW":4000}', {}, true)
    .at(1).hear(own("allocation"), '{"limitW":30000}', { acks: ["RECEIVED", "ACCEPTED"], limitW: 10_000, source: "failsafe" })
    .hear(own("allocation"), '{"limitW":-1}', { acks: ["REJECTED/NEGATIVE"], ...refusedOnce("NEGATIVE") })
    .tell("short-form", "Where signatures are optional the short form is an allocation; without a heartbeat it only moves the rack below its failsafe limit.");

export const stories: readonly VectorFile[] = [
  new Story().trusted().wait(60).tell("confirmation", "Keys, an allocation and a heartbeat that names both: the allocation binds."),
  confirmation(), lost(), gap(), emergency(), replay(), rotation(), named(), limits(), superseded(), random(), cancelledRandom(), slope(), levels(), setpoints(), shares(), optOut(), next(), noClock(), short(),
  ...refusals.map(([name, shows, tell]) => tell(new Story().trusted()).tell(`refused-${name}`, shows)),
];
