/** HEARTBEAT: the operator lives, and this is the last it has said on every topic this agent obeys. */
import * as z from "zod";
import type { Order } from "../order.ts";
import { counter, length } from "./fields.ts";

export const heartbeatSchema = z.object({
  periodS: length,
  last: z.record(z.string().max(512), z.tuple([counter, counter])).transform(
    (last): ReadonlyMap<string, Order> => new Map(Object.entries(last).map(([topic, [epoch, seq]]) => [topic, { epoch, seq }])),
  ),
  /** The agent's journal head as the operator has seen it: information. */
  seen: z.unknown().optional(),
});
