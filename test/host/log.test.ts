import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLogbook, logForm, type LogForm } from "../../agent/host/log.ts";

function written(form: LogForm, level: "info" | "debug" = "info"): string[] {
  const lines: string[] = [];
  const log = createLogbook({ level, form, write: (line) => void lines.push(line) }).room("daemon");
  log.debug({}, "detail");
  log.info({ device: "asic-01", powerW: 3_010 }, "setpoint.reached");
  log.warn({ password: "hunter2", link: { password: "hunter2", url: "mqtt://b" } }, "odd");
  log.error({}, "broken");
  return lines;
}

describe("log", () => {
  test("lines are JSON with the level as a word, the time and the facts", () => {
    const lines = written("lines").map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(lines.map(({ level }) => level), ["info", "warn", "error"]);
    const { time, ...first } = lines[0] ?? {};
    assert.deepEqual(first, { level: "info", room: "daemon", device: "asic-01", powerW: 3_010, msg: "setpoint.reached" });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test("the journal gets a sentence and its facts behind syslog's priority", () => {
    const lines = written("journal", "debug");
    assert.deepEqual(lines, [
      "<7>detail  room=daemon\n",
      "<6>setpoint.reached  room=daemon  device=asic-01  powerW=3010\n",
      '<4>odd  room=daemon  password=(not shown)  link={"password":"(not shown)","url":"mqtt://b"}\n',
      "<3>broken  room=daemon\n",
    ]);
  });

  test("a terminal gets a line to read", () => {
    assert.match(written("terminal")[0] ?? "", /^\d\d:\d\d:\d\d INFO  setpoint\.reached  room=daemon  device=asic-01  powerW=3010\n$/);
  });

  test("secrets are not shown in any form", () => {
    for (const form of ["lines", "journal", "terminal"] as const) {
      const text = written(form).join("");
      assert.ok(!text.includes("hunter2"));
      assert.ok(text.includes("mqtt://b"));
    }
  });

  test("the form follows from where standard output goes", () => {
    assert.deepEqual([logForm({}, true), logForm({ JOURNAL_STREAM: "8:1" }, false), logForm({}, false)], ["terminal", "journal", "lines"]);
  });
});

test("each room is as talkative as it is told to be", () => {
  const lines: string[] = [];
  const book = createLogbook({ level: "info", form: "lines", write: (line) => void lines.push(line) });
  const [link, daemon] = [book.room("link"), book.room("daemon")];
  book.tell("link", "debug");
  for (const log of [link, daemon]) log.debug({}, "detail");
  assert.deepEqual(lines.map((line) => (JSON.parse(line) as { room: string }).room), ["link"]);
  assert.deepEqual(book.levels(), { link: "debug", daemon: "info" });
  book.tell(null, "error");
  for (const log of [link, daemon, book.room("later")]) log.warn({}, "quiet");
  assert.equal(lines.length, 1);
  assert.equal(book.room("link"), link);
});
