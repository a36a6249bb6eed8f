/** The envelope every cgminer reply comes in: a STATUS that says whether the rest may be believed. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { field, isObject, numberAt, rowsAt, textAt, type JsonObject } from "./json.ts";
import { ReplySyntaxError } from "./mend.ts";
import { parseReply } from "./parse.ts";

/** Codes the family shares; a firmware's own stand beside its driver. */
export const CODE = { invalidCommand: 14, accessDenied: 45 } as const;

const LETTERS = ["S", "W", "I", "E", "F"] as const;

export interface Status {
  /** Success, Warning, Info, Error, Fatal; null where the firmware wrote something else. */
  readonly letter: (typeof LETTERS)[number] | null;
  readonly code: number | null;
  readonly message: string | null;
  /** Who answers: name and version of the mining software. */
  readonly description: string | null;
}

/** The miner understood and said no. */
export class RefusedError extends DeviceError {
  readonly status: Status;

  constructor(what: string, status: Status) {
    const said = [status.message, status.code === null ? null : `code ${status.code}`].filter((part) => part !== null).join(", ");
    super("refused", `${what}: the miner refused${said === "" ? "" : ` (${said})`}`);
    this.status = status;
  }
}

/** Throws a DeviceError `malformed` that names the command and never its parameter: that may carry a session. */
export function parseFor(what: string, text: string): JsonObject {
  try {
    const { value } = parseReply(text);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof ReplySyntaxError)) throw error;
    throw new DeviceError("malformed", `${what}: the reply ${error.message}`, { cause: error });
  }
  throw new DeviceError("malformed", `${what}: the reply is a list, not an object`);
}

/** null: the reply has no STATUS. WhatsMiner writes it flat, `{"STATUS":"S","Msg":…}`. */
export function statusOf(reply: JsonObject): Status | null {
  const flat = typeof field(reply, "STATUS") === "string";
  const row = flat ? reply : rowsAt(reply, "STATUS")[0];
  if (row === undefined) return null;
  return {
    letter: LETTERS.find((letter) => letter === textAt(row, "STATUS")) ?? null,
    code: numberAt(row, "Code"),
    message: textAt(row, "Msg"),
    description: textAt(row, "Description"),
  };
}

/** The reply to a report. A warning or information still comes with its data. */
export function answered(what: string, reply: JsonObject): JsonObject {
  const status = demandStatus(what, reply);
  if (status.letter === "E" || status.letter === "F") throw new RefusedError(what, status);
  return reply;
}

/** The reply to a write. Only S acknowledges; W 117 means "set not supported" and I 118 is a help text. */
export function acknowledged(what: string, reply: JsonObject): JsonObject {
  const status = demandStatus(what, reply);
  if (status.letter !== "S") throw new RefusedError(what, status);
  return reply;
}

/** Whether the device does not know the command, or this host may not use it. */
export function isUnknown(status: Status | null): boolean {
  return status?.code === CODE.invalidCommand || status?.code === CODE.accessDenied;
}

function demandStatus(what: string, reply: JsonObject): Status {
  const status = statusOf(reply);
  if (status === null) throw new DeviceError("malformed", `${what}: the reply has no STATUS`);
  return status;
}
