/** The story of machines that take every order and follow none: the limit is met through their outlets, the last word. */
import type { AgentEvent } from "../../agent/report/events.ts";
import { powerText } from "../../agent/cli/words.ts";
import type { Setpoint } from "../../agent/core/model.ts";
import { setpointWord } from "../../agent/report/devices.ts";
import type { ConfigInput } from "../../agent/config/schema.ts";
import type { Story } from "./story.ts";

/** Outlets may open when sleep does not meet the limit; they rest shorter than in a real rack, so that the story ends. */
export const DEAF_POLICY: Partial<NonNullable<ConfigInput["policy"]>> = { outlets: "shortfall", pduGraceS: 5, outletMinOffS: 20, outletSpacingS: 2, rampPctPerMin: 600 };

/** Longest from the drop until the limit holds: sleep is tried first, then seen not to help, then the grace, then the outlets one after the other. */
const SHORTFALL_S = 60;
/** A machine whose outlet closes boots, and hashes half a minute later. */
const AGAIN_S = 240;
const FULL_S = 60;
/** Less than the deaf ones draw with all others asleep. */
const DROP_SHARE = 0.5;

/** `deaf` of `asics` machines do not follow. */
export function tellDeafStory(deaf: number, asics: number): Story {
  const limitPart = Math.floor((100 * DROP_SHARE * deaf) / asics) / 100;
  const percent = String(Math.round(limitPart * 100));
  return {
    failsafePart: 1.1,
    durationS: 150,
    steps: [
      {
        name: "full", mark: "full", title: "the daemon starts, and nothing limits the rack",
        acts: [{ kind: "allocate", part: null }, { kind: "heartbeat", beats: true }, { kind: "start-daemon" }],
        limitPart: null, goal: "raise", uses: false, state: "controlled", atLeastS: 8, withinS: FULL_S,
      },
      {
        name: "deaf", mark: "deaf", title: `${deaf} machines take every order from now on and follow none`,
        acts: [{ kind: "deaf", count: deaf }],
        limitPart: null, goal: "raise", uses: false, state: "controlled", atLeastS: 3, withinS: FULL_S,
      },
      {
        name: `drop-${percent}`, mark: `${percent} %`, title: `the allocation drops to ${percent} %: less than the deaf ones draw alone`,
        acts: [{ kind: "allocate", part: limitPart }],
        limitPart, goal: "lower", uses: false, state: "limited", atLeastS: 30, withinS: SHORTFALL_S,
      },
      {
        name: "lifted", mark: "lifted", title: "they hear again, the limit is lifted, and outlets close one by one",
        acts: [{ kind: "deaf", count: 0 }, { kind: "allocate", part: null }],
        limitPart: null, goal: "raise", uses: false, state: "controlled", atLeastS: 30, withinS: AGAIN_S,
      },
    ],
  };
}

const SAME_BREATH_S = 0.1;

/** What happened from the drop on, in its order: what was asked, what the machines did not do, which outlets followed. */
export function chronicle(events: readonly AgentEvent[], deaf: ReadonlySet<string>): string[] {
  const drop = events.find(({ name, toW, fromW }) => name === "limit.changed" && typeof toW === "number" && typeof fromW === "number" && toW < fromW);
  const began = Date.parse(drop?.at ?? "");
  const since = (event: AgentEvent): number => (Date.parse(event.at) - began) / 1000;
  // The orders a limit makes are said in the same breath, and before it.
  const told = (drop === undefined ? [] : [drop, ...events.filter((event) => event !== drop && since(event) > -SAME_BREATH_S)]).flatMap((event) => {
    const words = inWords(event, deaf);
    return words === null ? [] : [`${`+${Math.max(0, since(event)).toFixed(1)}`.padStart(7)} s  ${words}`];
  });
  return ["", "in this order:", ...told];
}

function inWords(event: AgentEvent, deaf: ReadonlySet<string>): string | null {
  const device = String(event["device"]);
  const watts = (power: unknown): string => powerText(typeof power === "number" ? power : null);
  switch (event.name) {
    case "limit.changed": return event["fromW"] === event["toW"] ? null : `the limit is ${watts(event["toW"])}`;
    case "compliance.changed": return `the meter shows ${watts(event["powerW"])}: ${String(event["to"])}`;
    case "device.quarantined": return `${device} ${String(event["reason"])}`;
    case "setpoint.ordered": return deaf.has(device) ? toldTo(device, event["setpoint"] as Setpoint) : null;
    case "outlet.switched": return `outlet ${String(event["outlet"])} of ${device} ${event["on"] === true ? "closes" : "opens"} (${String(event["why"])}), as read back after ${String(event["tookMs"])} ms`;
    case "outlet.failed": return `outlet ${String(event["outlet"])} of ${device} does not follow: ${String(event["message"])}`;
    default: return null;
  }
}

/** The outlet's own events tell of it. */
const toldTo = (device: string, setpoint: Setpoint): string | null => (setpoint.kind === "outlet" ? null : `${device} is told: ${setpointWord(setpoint) ?? "nothing"}`);
