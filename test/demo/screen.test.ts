import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import type { WriteStream } from "node:tty";
import { Screen } from "../../agent/cli/screen/screen.ts";

function terminal() {
  const written: string[] = [];
  const stream = Object.assign(new EventEmitter(), { columns: 80, rows: 24, write: (text: string) => written.push(text) > 0 });
  return { written, stream, screen: new Screen(stream as unknown as WriteStream) };
}

test("writes only the lines that changed, each frame in one piece", () => {
  const { written, screen } = terminal();
  screen.open();
  screen.draw(["one", "two"]);
  screen.draw(["one", "three"]);
  screen.draw(["one", "three"]);
  assert.equal(written.length, 3);
  assert.ok(written[1]?.includes("one") && written[1].includes("two"));
  assert.ok(!written[2]?.includes("one") && written[2]?.includes("\u001B[2;1Hthree"));
  screen.close();
});

test("everything is put back at the end, once", () => {
  const { written, stream, screen } = terminal();
  const listeners = process.listenerCount("exit");
  screen.open();
  assert.equal(process.listenerCount("exit"), listeners + 1);
  screen.close();
  screen.close();
  screen.draw(["late"]);
  assert.equal(process.listenerCount("exit"), listeners);
  assert.equal(stream.listenerCount("resize"), 0);
  assert.deepEqual(written.slice(1), ["\u001B[?7h\u001B[?25h\u001B[?1049l"]);
});

test("after a change of size the whole frame is written again", () => {
  const { written, stream, screen } = terminal();
  screen.open();
  screen.draw(["one", "two"]);
  stream.emit("resize");
  screen.draw(["one", "two"]);
  assert.ok(written.at(-1)?.includes("one") && written.at(-1)?.includes("two"));
  screen.close();
});
