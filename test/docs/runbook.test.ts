/** Whatever the agent says is explained, and nothing is explained that nobody says. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { chapters, explained, runbookNames } from "../../agent/report/runbook/runbook.ts";

const agent = new URL("../../../agent/", import.meta.url).pathname;
const sources = readdirSync(agent, { recursive: true }).map(String).filter((file) => file.endsWith(".ts") && !file.startsWith("cli/") && !file.startsWith("report/runbook/")).map((file) => readFileSync(join(agent, file), "utf8"));

/** `noun.past` in quotes: how every event is named where it is said. */
const EVENT = /"([a-z]+(?:-[a-z]+)*\.[a-z]+ed|[a-z]+\.(?:lost|found|begun|latched|drawn|held|withdrawn|kept|shown|sent|broken|overdrawn|run|set|read|seen|met|put|cut|shut|told))"/g;
const said = new Set(sources.flatMap((text) => [...text.matchAll(EVENT)].map(([, name]) => name ?? "")));

const events = chapters.filter(({ title }) => title.startsWith("Events")).flatMap(({ entries }) => Object.keys(entries));

describe("runbook", () => {
  test("reads the sources", () => assert.ok(said.size >= 30, [...said].join(" ")));

  for (const name of said) {
    test(`explains ${name}`, () => assert.ok(explained(name) !== null, `${name} is said and not explained: write its entry in agent/report/runbook, then npm run docs`));
  }

  test("explains no event that nobody says", () => assert.deepEqual(events.filter((name) => !sources.some((text) => text.includes(`"${name}"`))), []));

  test("every entry is whole, and no name has two", () => {
    assert.equal(new Set(runbookNames).size, runbookNames.length);
    for (const { entries } of chapters) {
      for (const [name, { means, cause, cure }] of Object.entries(entries)) for (const text of [means, cause, cure]) assert.match(text, /^[A-Z`].*[.)?]$/s, `${name}: ${text}`);
    }
  });

  test("the words of status and of refusals are explained", () => {
    const words = (file: string, start: string): string[] => {
      const text = readFileSync(join(agent, file), "utf8");
      const from = text.indexOf(start);
      assert.ok(from >= 0, `${file} has ${start}`);
      return [...text.slice(from, text.indexOf(";", from)).matchAll(/"([A-Za-z_-]+)"/g)].map(([, word]) => word ?? "");
    };
    const all = [...words("core/mode.ts", "type GridState"), ...words("core/limit.ts", "type LimitSource"), ...words("signal/result.ts", "type RefusalCode")];
    assert.ok(all.length > 25);
    assert.deepEqual(all.filter((word) => explained(word) === null), []);
  });
});
