import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setsUp, stepsIn } from "./shell.ts";

describe("shell text is cut into steps", () => {
  const cases: readonly (readonly [what: string, text: string, steps: readonly (readonly [text: string, ...commands: string[]])[]])[] = [
    ["one a line", "a b\nc", [["a b", "a b"], ["c", "c"]]],
    ["comments and empty lines are none", "# all\n\na b   # why\n", [["a b", "a b"]]],
    ["# within a word is a part of it", "a b#c", [["a b#c", "a b#c"]]],
    ["a line goes on after \\", "a \\\n  b", [["a \\\n  b", "a b"]]],
    ["quotes hold words together, over lines too", "a -m '{\"x\": 1,\n \"y\": 2}' \"b c\"", [["a -m '{\"x\": 1,\n \"y\": 2}' \"b c\"", "a|-m|{\"x\": 1,\n \"y\": 2}|b c"]]],
    ["&& and ; end a step", "a && b; c || d", [["a", "a"], ["b", "b"], ["c", "c"], ["d", "d"]]],
    ["a pipe does not", "a b | tail -2", [["a b | tail -2", "a b", "tail -2"]]],
    ["where it goes is no word of it", "a > b 2>c < d", [["a > b 2>c < d", "a"]]],
    ["what is assigned is no command", "X=1 Y=2 a b", [["X=1 Y=2 a b", "a b"]]],
    ["a loop is one step", "until [ -s f ]; do sleep 1; done\na", [["until [ -s f ]; do sleep 1; done", "[|-s|f|]", "sleep 1"], ["a", "a"]]],
    ["a function is one step", "ctl() { node x \"$@\"; }\nctl y", [["ctl() { node x \"$@\"; }", "node|x|$@"], ["ctl y", "ctl y"]]],
    ["what is substituted is not looked into", "export A=$(grep -o 'x' f) B=c", [["export A=$(grep -o 'x' f) B=c", "export|A=$(grep -o 'x' f)|B=c"]]],
  ];
  for (const [what, text, wanted] of cases) {
    test(what, () => assert.deepEqual(stepsIn(text).map(({ text: own, commands }) => [own, ...commands.map((words) => words.join(words.some((word) => / |\$|\[/.test(word)) ? "|" : " "))]), wanted));
  }

  test("& leaves it running, and the line it stands on is kept", () => {
    assert.deepEqual(stepsIn("a\n\nb &\nc").map(({ line, text, background }) => [line, text, background]), [[1, "a", false], [3, "b", true], [4, "c", false]]);
  });

  test("what only sets up is told from what does something", () => {
    assert.deepEqual(stepsIn("export A=1\nB=2\nctl() { x; }\nC=3 d\ne").map(setsUp), [true, true, true, false, false]);
  });

  for (const [what, text] of [["an open quote", "a 'b"], ["an open loop", "until a; do b"], ["an open substitution", "a $(b"], ["a here-document", "a <<E\nb\nE"]] as const) {
    test(`${what} is an error`, () => assert.throws(() => stepsIn(text)));
  }
});
