/** What `curtailctl grid show` says of a VTN. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gridLines } from "../../agent/cli/commands/grid.ts";
import { grid, status } from "../cli/answers.ts";

const under = { ...status, limitSource: "event", bindingDoc: "e-7", bindingBy: "OpenADR", effectiveLimitW: 8_000, remainingS: null } as const;
const tongue = { by: "OpenADR", heard: true, ageS: 4, lostAfterS: 120, trouble: null, events: [{ id: "e-7", name: "evening\u001b[2J peak", program: "capacity", priority: 1, says: ["limit"] }] };

test("grid show names who limits, and whether the VTN is heard", () => {
  const lines = gridLines({ ...grid, status: under, operated: false, tongues: [tongue] });
  assert.deepEqual(lines.slice(1, 6), [
    "limit      8.00 kW from a grid event, OpenADR e-7",
    "OpenADR    heard, last whole answer 4 s old, lost after 2 min",
    '           event e-7 "evening [2J peak" of capacity: limit',
    "operator   none: the grid speaks through the above only",
    "heartbeat  4 s old, lost after 2 min",
  ]);
});

test("a lost VTN says why", () => {
  const lines = gridLines({ ...grid, tongues: [{ ...tongue, heard: false, ageS: 130, trouble: "/programs: this client is not let in (401)", events: [] }] });
  assert.deepEqual(lines.slice(2, 4), ["OpenADR    lost: the failsafe limit holds, last whole answer 2 min 10 s old, lost after 2 min", "           /programs: this client is not let in (401)"]);
});
