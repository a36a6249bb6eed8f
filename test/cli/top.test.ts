import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DeviceRow } from "../../agent/cli/answers.ts";
import { render } from "../../agent/cli/screen/line.ts";
import { topPicture, type Shown } from "../../agent/cli/top/picture.ts";
import { firstView, press, shownRows, type TopView } from "../../agent/cli/top/view.ts";
import { device, silent, status } from "./answers.ts";
import { fakeDaemon, run } from "./programs.ts";

const rows: DeviceRow[] = [
  { ...device, id: "asic-10", powerW: 900, state: "hashing" },
  { ...device, id: "asic-2", powerW: 1_200, state: "asleep" },
  { ...silent, id: "asic-3" },
];
const shown: Shown = { status, devices: rows, samples: [{ atS: 1, limitW: 20_117, meteredW: 19_797 }, { atS: 2, limitW: 20_117, meteredW: 19_797 }], detail: null, trouble: null };
const ids = (view: TopView): string[] => shownRows(view, rows).map(({ id }) => id);
const after = (...keys: readonly string[]): TopView => keys.reduce<TopView>((view, name) => {
  const next = press(view, { name, sequence: name }, shownRows(view, rows));
  assert.ok(next !== "quit");
  return next;
}, firstView);
const drawn = (view: TopView, what: Shown = shown, frame = { columns: 80, rows: 24 }): string[] => topPicture(what, view, frame).map((line) => render(line, frame.columns, false));

describe("top: keys", () => {
  test("sorts by name with numbers in order, then by what is chosen; unknown stands last either way", () => {
    assert.deepEqual(ids(firstView), ["asic-2", "asic-3", "asic-10"]);
    assert.deepEqual(ids(after("right", "right", "right")), ["asic-2", "asic-10", "asic-3"]);
    assert.deepEqual(ids(after("r")), ["asic-10", "asic-3", "asic-2"]);
  });
  test("filters by name, state and reason while typing; Esc drops it", () => {
    assert.deepEqual(ids(after("/", "t", "i", "m", "e", "o")), ["asic-3"]);
    assert.equal(after("/", "q", "backspace", "return").filter, "");
    assert.deepEqual(after("/", "x", "escape"), firstView);
  });
  test("opens what is chosen and goes back, pauses, stays within the rows", () => {
    assert.equal(after("down", "return").opened, "asic-3");
    assert.equal(after("down", "return", "escape").opened, null);
    assert.equal(after("pagedown").selected, 2);
    assert.equal(after("up").selected, 0);
    assert.equal(after("p").paused, true);
    for (const key of [{ name: "q" }, { name: "c", ctrl: true }]) assert.equal(press(firstView, key, rows), "quit");
  });
});

describe("top: picture", () => {
  test("fits 80 by 24 and says what binds, what is drawn and what is silent", () => {
    const lines = drawn(firstView);
    assert.equal(lines.length, 24);
    assert.ok(lines.every((line) => [...line].length <= 80), lines.join("\n"));
    assert.match(lines[0] ?? "", /limited {2}⠒⠒ 20\.1 kW, 2 h 5 min left {2}⡇⡇ 19\.8 kW compliant/);
    assert.match(lines[1] ?? "", /1 silent/);
    assert.ok(lines.some((line) => /asic-3 +timeout +.* - +- /.test(line)));
    assert.match(lines.at(-1) ?? "", /q quit/);
  });
  test("other sizes, nothing known yet, a daemon that is gone", () => {
    for (const frame of [{ columns: 40, rows: 8 }, { columns: 200, rows: 60 }]) assert.equal(drawn(firstView, shown, frame).length, frame.rows);
    assert.match(drawn(firstView, { ...shown, status: null, devices: [], samples: [] }).join("\n"), /no ASICs yet/);
    assert.match(drawn(firstView, { ...shown, trouble: "no daemon answers" })[0] ?? "", /no daemon answers/);
    assert.match(drawn({ ...firstView, filter: "zz" }).join("\n"), /nothing matches "zz"/);
    assert.match(drawn({ ...firstView, opened: "asic-3" }, { ...shown, detail: ["asic-3  all that is known"] }).join("\n"), /all that is known[^]*Esc back/);
  });
});

test("without a terminal top is one look as text, or as JSON", async () => {
  await using daemon = await fakeDaemon({ "GET /status": status, "GET /devices": rows });
  const [text, json] = await Promise.all([run("curtailctl", ["top", "--socket", daemon.directory]), run("curtailctl", ["top", "--json", "--socket", daemon.directory])]);
  assert.deepEqual([text.code, json.code], [0, 0], text.err + json.err);
  assert.match(text.out, /^state {6}limited[^]*asic-10/);
  assert.equal((JSON.parse(json.out) as { devices: unknown[] }).devices.length, 3);
});
