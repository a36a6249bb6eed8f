/** Why the rack does what it does, and what it would do: both from core itself. */
import { flexibilityOf } from "../core/flexibility.ts";
import type { Statement } from "../core/limit.ts";
import { rehearse, type Rehearsal } from "../core/rehearse.ts";
import { instant, millis, seconds, watts, type Instant } from "../core/units.ts";
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRequest, type ControlRoute } from "../link/control.ts";
import { setpointWord } from "../report/devices.ts";
import { planDocument } from "../report/rehearsed.ts";
import { whyDocument, type Refusal } from "../report/why.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Setpoint } from "../core/model.ts";
import { decisionOf, deviceOf } from "./asked.ts";

/** How far ahead it is told what the limit will be. */
const AHEAD = seconds(24 * 3600);
/** A refusal older than this explains nothing of now. */
const LATELY_MS = 900_000;
/** A quarter of an hour is longer than any machine takes; what it costs is bounded by cycles times machines. */
const LONGEST = seconds(900);
const CYCLES = { least: 60, most: 600, machines: 60_000 } as const;
/** After so many decisions the rack's own loop gets its turn. */
const AT_A_TIME = 4;
const MOST_W = 100_000_000;

export function explainRoutes(daemon: Daemon, { clock }: { readonly clock: Clock }): ControlRoute[] {
  const why = (only: string | null) => {
    const decision = decisionOf(daemon);
    const { status } = daemon;
    if (status === null) throw new ControlError(503, "the first decision is not told yet", "Try again in a second.");
    const at = clock.now().at;
    const refused = refusals(daemon, at);
    return whyDocument(decision, { at, status, ahead: daemon.foresight.ahead(AHEAD), refused: (device) => refused.get(device) ?? null, failure: (device) => daemon.plant.device(device)?.failure ?? null }, only);
  };
  let rehearsing = false;
  return [
    { method: "GET", path: "/why", socket: "look", does: "Which limit binds and which stand beside it, how the budget was split, what each machine was told and why, what comes next.", handle: async () => why(null) },
    { method: "GET", path: "/why/:id", socket: "look", does: "The same for one machine: why this point and not the next, what was tried, what comes.", handle: async (request) => why(deviceOf(daemon, request).device.id) },
    {
      method: "GET",
      path: "/plan",
      socket: "look",
      does: "What would happen under limitW=WATTS (at=ISO time: with what is known to limit then), without doing it; and the rack's efficiency curve.",
      async handle(request) {
        const { limitW, at } = asked(request, clock.now().at);
        if (rehearsing) throw new ControlError(503, "another plan is being made", "Try again in a few seconds.");
        rehearsing = true;
        try {
          const rehearsal = await rehearsed(daemon, { limitW, at, clock, signal: request.signal });
          return planDocument(rehearsal, { askedW: limitW, at, flexible: flexibilityOf(decisionOf(daemon), seconds(0)), ahead: daemon.foresight.ahead(AHEAD) });
        } finally {
          rehearsing = false;
        }
      },
    },
  ];
}

/** Cycle by cycle, with the rack's own loop between them. */
async function rehearsed(daemon: Daemon, { limitW, at, clock, signal }: { readonly limitW: number; readonly at: Instant | null; readonly clock: Clock; readonly signal: AbortSignal }): Promise<Rehearsal> {
  const machines = decisionOf(daemon).views.length;
  const asked: Statement = { source: "technician", power: watts(limitW), ref: null, until: null };
  const { rack, input, stated } = daemon.foresight.input([asked], at);
  const bounds = { longest: LONGEST, steps: Math.min(CYCLES.most, Math.max(CYCLES.least, Math.floor(CYCLES.machines / Math.max(1, machines)))) };
  const play = rehearse(rack, input, { stated, bounds });
  for (let cycle = 1; ; cycle += 1) {
    const step = play.next();
    if (step.done === true) return step.value;
    if (cycle % AT_A_TIME === 0) await clock.sleep(millis(1), signal);
  }
}

function asked({ query }: ControlRequest, now: Instant): { readonly limitW: number; readonly at: Instant | null } {
  const power = query.get("limitW") ?? "";
  const limitW = /^\d+(\.\d+)?$/.test(power) ? Number(power) : NaN;
  if (!(limitW <= MOST_W)) throw new ControlError(400, `limitW is ${power === "" ? "missing" : power}: it has to be watts, 0 to ${MOST_W}`, "curtailctl plan --limit 6kW");
  const text = query.get("at");
  const at = text === null ? null : Date.parse(text);
  if (at !== null && !(at >= now - 60_000 && at <= now + 31 * 86_400_000)) throw new ControlError(400, `at is ${text}: it has to be a time within the next 31 days`, "curtailctl plan --limit 6kW --at 17:00");
  return { limitW, at: at === null ? null : instant(at) };
}

/** The last refusal of each machine lately, unless it has taken an order since. */
function refusals({ events }: Daemon, now: Instant): Map<string, Refusal> {
  const found = new Map<string, Refusal>();
  for (const { name, at, device, setpoint, message } of events.last(Infinity)) {
    if (typeof device !== "string" || now - Date.parse(at) > LATELY_MS) continue;
    if (name === "setpoint.failed") found.set(device, { at, setpoint: setpointWord(setpoint as Setpoint), message: String(message) });
    if (name === "setpoint.acknowledged") found.delete(device);
  }
  return found;
}
