/** What a technician does to the daemon itself: reload, announce a restart, make it say more. */
import * as z from "zod";
import type { Reload } from "../attend/reload.ts";
import { seconds } from "../core/units.ts";
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { type Logbook, logLevels } from "../runtime/log.ts";
import { parse, who } from "./asked.ts";

/** A restart takes seconds; what takes longer is no restart, and the rack must not stay high without a keeper. */
const LONGEST_HOLD_S = 900;

export function operationRoutes(daemon: Daemon, { reload, logbook }: { readonly reload: Reload; readonly logbook: Logbook }): ControlRoute[] {
  const order = z.strictObject({ who });
  const holding = z.strictObject({ forS: z.number().positive().max(LONGEST_HOLD_S), who });
  const speaking = z.strictObject({ room: z.string().max(40).nullable(), level: z.enum(logLevels), who });
  return [
    { method: "GET", path: "/config", socket: "look", does: "The configuration in force, defaults included; no secrets are in it.", handle: async () => reload.config },
    { method: "POST", path: "/reload", socket: "act", does: "Reads the configuration file again and takes what can change while running.", takes: order, handle: async (request) => reload.reload(parse(order, request).who) },
    {
      method: "POST",
      path: "/hold",
      socket: "act",
      does: "Announces a restart: a stop within this time leaves the rack as it is.",
      takes: holding,
      async handle(request) {
        const { forS, who: name } = parse(holding, request);
        daemon.technician.announceStop(seconds(forS), name);
        return { ok: true, forS };
      },
    },
    {
      method: "DELETE",
      path: "/hold",
      socket: "act",
      does: "Takes an announced restart back.",
      takes: order,
      async handle(request) {
        daemon.technician.announceStop(null, parse(order, request).who);
        return { ok: true };
      },
    },
    { method: "GET", path: "/loglevel", socket: "look", does: "How much each room logs.", handle: async () => logbook.levels() },
    {
      method: "POST",
      path: "/loglevel",
      socket: "act",
      does: "Changes how much a room logs, or all of them (room null), until the next start.",
      takes: speaking,
      async handle(request) {
        const { room, level, who: name } = parse(speaking, request);
        if (room !== null && logbook.levels()[room] === undefined) throw new ControlError(404, `no room ${room} writes a log`, `There are ${Object.keys(logbook.levels()).join(", ")}.`);
        logbook.tell(room, level);
        daemon.told("log.changed", { room: room ?? "all", level, who: name });
        return logbook.levels();
      },
    },
  ];
}
