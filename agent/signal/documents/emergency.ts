/** EMERGENCY sets the latch of its topic, RELEASE names the one it clears. */
import * as z from "zod";
import { id } from "./fields.ts";

export const emergencySchema = z.object({ action: z.enum(["STOP", "BLACK_START_HOLD"]) });
export const releaseSchema = z.object({ releases: id });
