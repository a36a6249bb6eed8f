/** What the rack's owner keeps his miners within: bounds of their settings, and whom they hash for. */
import * as z from "zod";

const POOL_HOST = /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/;

/** Bounds narrower than the model's and the device's own; what is unset narrows nothing. */
export const minerLimits = () =>
  z
    .strictObject({
      frequencyMinMHz: bound(5_000).meta({ description: "Least frequency its boards may be set to.", examples: [200] }),
      frequencyMaxMHz: bound(5_000).meta({ description: "Highest frequency its boards may be set to.", examples: [600] }),
      voltageMinMV: bound(50_000).meta({ description: "Least voltage its boards may be set to.", examples: [12_000] }),
      voltageMaxMV: bound(50_000).meta({ description: "Highest voltage its boards may be set to.", examples: [13_800] }),
      powerMaxW: bound(100_000).meta({ description: "No setting that draws more by its model is ordered.", examples: [3_000] }),
      boardMaxC: z.number().min(20).max(150).nullable().default(null).meta({ description: "A miner with a board as hot as this gets no raise, then less, and 5 °C above it sleeps; it comes back by steps when it has cooled by 5 °C. Unset: as the model says, usually 80.", examples: [75] }),
      chipMaxC: z.number().min(20).max(150).nullable().default(null).meta({ description: "The same for its chips; unset: as the model says, usually 95.", examples: [90] }),
    })
    .nullable()
    .default(null)
    .meta({ description: "Bounds for this miner's settings besides its model's and its own; unset: none.", examples: [{ frequencyMaxMHz: 600 }] });

/** null: nobody watches. */
export const poolRules = (description: string) =>
  z
    .array(
      z.strictObject({
        host: z.string().max(260).regex(POOL_HOST, "HOST or HOST:PORT, without stratum+tcp://; *.DOMAIN for every host of a domain")
          .meta({ description: "A pool's host; with :PORT only that port, *.pool.example for every host of the domain.", examples: ["*.pool.example"] }),
        accounts: z.array(z.string().min(1).max(200).meta({ description: "One account.", examples: ["farm-one"] })).min(1).max(100)
          .meta({ description: "Who is paid: a worker is allowed if its name is one of these, or begins with one and a dot; \"*\": whoever.", examples: [["farm-one"]] }),
      }),
    )
    .max(100)
    .nullable()
    .default(null)
    .meta({ description, examples: [[{ host: "*.pool.example", accounts: ["farm-one"] }]] });

const bound = (most: number) => z.number().positive().max(most).nullable().default(null);
