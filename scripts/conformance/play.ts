/** Lives through one vector in real time, and says where the agent did otherwise. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Expected, VectorFile } from "../docs/vector.ts";
import { rebased } from "./rebase.ts";
import { Subject } from "./subject.ts";

export interface Played {
  readonly name: string;
  readonly seconds: number;
  /** null: as expected. */
  readonly fault: string | null;
}

/** A cycle, a write to disk and the way to a client take this long at most on a busy machine. */
const settleMs = 4_000;
/** Of nominal power: how far a limit on a slope moves between two looks. */
const slopeTolerance = 0.02;

export async function play(vector: VectorFile, dir: string): Promise<Played> {
  const begun = performance.now();
  const subject = await Subject.start(join(dir, vector.name), vector.agent);
  try {
    return { name: vector.name, fault: await differs(vector, subject), seconds: Math.round((performance.now() - begun) / 1_000) };
  } finally {
    await subject.end();
  }
}

async function differs({ steps, agent }: VectorFile, subject: Subject): Promise<string | null> {
  const origin = Date.parse(steps[0]?.at ?? "");
  const shift = Date.now() - origin;
  const sloping = steps.some(({ message }) => message !== null && Buffer.from(message.payload.replace(/^.*"payload":"([^"]*)".*$/s, "$1"), "base64url").includes("rampS"));
  for (const [index, { at, restart, message, expect }] of steps.entries()) {
    await pause(Math.max(0, Date.parse(at) + shift - Date.now()));
    if (restart === true) await subject.restart();
    if (message !== null) await subject.deliver({ ...message, payload: rebased(message.payload, shift) });
    const difference = await settled(subject, expect, sloping ? slopeTolerance * agent.nominalW : 0);
    if (difference !== null) return `step ${index} at ${at}: ${difference}`;
    subject.acks.length = 0;
  }
  return null;
}

/** What is expected has to be seen within a moment; acknowledgements in any order of two documents' own orders. */
async function settled(subject: Subject, expect: Expected, tolerance: number): Promise<string | null> {
  const end = performance.now() + settleMs;
  for (;;) {
    const seen = await subject.seen();
    const fits = seen !== null && near(seen.limitW, expect.limitW, tolerance) &&
      isDeepStrictEqual([seen.source, seen.state, seen.setpointW, seen.refused, subject.acks], [expect.source, expect.state, expect.setpointW, expect.refused, expect.acks]);
    if (fits) return null;
    if (performance.now() > end) return `expected ${JSON.stringify(expect)}, seen ${JSON.stringify({ acks: subject.acks, ...seen })}`;
    await pause(50);
  }
}

const near = (a: number | null, b: number | null, tolerance: number): boolean => a === b || (a !== null && b !== null && Math.abs(a - b) <= tolerance);
