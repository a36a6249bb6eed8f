/** The story of a mixed rack: one drop, which fast machines bridge while slow ones fall asleep, until the limit is used again. */
import { drivers } from "../../drivers/index.ts";
import type { Story } from "./story.ts";

/** Given out in turn. */
export const MIXED_DRIVERS = ["luxos", "whatsminer-v2", "antminer", "braiins", "vnish", "whatsminer-v3"] as const;

/** One of every family there is a driver for. */
export const ZOO_DRIVERS = Object.keys(drivers);

/** GLA/1's bound for firmware that tunes live holds for the rack as long as some of it does. */
const RESPONSE_S = 15;
/** Stock firmware takes three minutes to hash anew, and a tuner as long to settle. */
const SETTLED_S = 300;
const FULL_S = 60;

/** `limitPart`: where the drop goes. */
export function tellMixedStory(limitPart: number): Story {
  const percent = String(Math.round(limitPart * 1000) / 10);
  return {
    // While the grid is not heard yet the failsafe limit holds, and what it puts to sleep takes minutes to come back.
    failsafePart: 1.1,
    durationS: 140,
    steps: [
      {
        // No limit: machines draw some percent more than their models say, and to shed that would cost a slow one minutes.
        name: "full", mark: "full", title: "the daemon starts, and nothing limits the rack",
        acts: [{ kind: "allocate", part: null }, { kind: "heartbeat", beats: true }, { kind: "start-daemon" }],
        limitPart: null, goal: "raise", uses: false, state: "controlled", atLeastS: 10, withinS: FULL_S,
      },
      {
        name: `drop-${percent}`, mark: `${percent} %`, title: `the allocation drops to ${percent} %`,
        acts: [{ kind: "allocate", part: limitPart }],
        limitPart, goal: "lower", uses: false, state: "limited", atLeastS: 20, withinS: RESPONSE_S,
      },
      {
        name: `settled-${percent}`, mark: "settled", title: "slow machines arrive, and the limit is used",
        acts: [],
        limitPart, goal: "raise", uses: true, state: "limited", atLeastS: 110, withinS: SETTLED_S,
      },
    ],
  };
}
