/** HEARTBEAT: the operator lives, and this is the last it has said on every topic this agent obeys. */
import * as z from "zod";
import type { Order } from "../order.ts";
import { byName, counter, length } from "./fields.ts";

export const heartbeatSchema = z.object({
  periodS: length,
  last: byName(z.string().max(512), z.tuple([counter, counter]).transform(([epoch, seq]): Order => ({ epoch, seq }))),
  /** The head of the agent's journal as the operator has last heard it: two keep it then. Information; nothing is refused for it. */
  seen: z.string().max(128).nullable().catch(null).default(null),
});
