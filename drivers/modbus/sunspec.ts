import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Sunspec } from "./profile.ts";
import { ExceptionReply } from "./request.ts";
import type { Reply } from "./request.ts";

type ReadHolding = (address: number, count: number) => Promise<Reply>;

/** "SunS" */
const MARKER = [0x5375, 0x6e53];
const END_MODEL = 0xffff;
/** A meter has three to six models; a chain without end is a fault of the device. */
const MOST_MODELS = 64;

/** The address of the id register of the first of the wanted models. `id`: what to call the device. Throws DeviceError("refused") when it has none. */
export async function findModel({ models, at }: Sunspec, id: string, read: ReadHolding): Promise<number> {
  const seen: number[] = [];
  for (const start of at) {
    const marker = await orNothing(read(start, MARKER.length));
    if (marker === null || !MARKER.every((word, index) => marker[index] === word)) continue;
    let address = start + MARKER.length;
    while (seen.length < MOST_MODELS && address < 0xffff) {
      const [model = END_MODEL, length = 0] = await read(address, 2);
      if (models.includes(model)) return address;
      if (model === END_MODEL) break;
      seen.push(model);
      address += 2 + length;
    }
    throw new DeviceError("refused", `${id} has the SunSpec models ${seen.join(", ") || "none"}, and none of ${models.join(", ")}; look at its profile and its unit`);
  }
  throw new DeviceError("refused", `${id} is no SunSpec device: no "SunS" at ${at.join(", ")}; look at its profile and its address`);
}

/** There is nothing at that address: the marker is elsewhere. */
async function orNothing(reply: Promise<Reply>): Promise<Reply | null> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof ExceptionReply && !error.fromGateway) return null;
    throw error;
  }
}
