/** `npm run test:crash -- --rounds N`: kill -9 at random moments. Exit 1: something acknowledged was lost, or something is corrupt. */
import { parseArgs } from "node:util";
import { crashRounds } from "./rounds.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "20" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error("--rounds: a whole number from 1 on");
  process.exit(64);
}
const begun = performance.now();
const report = await crashRounds(rounds, console.log);
const { journalLines, recordsTaken, commits, doubled, mostDoubled, broken } = report;
console.log(`${rounds} kills in ${Math.round((performance.now() - begun) / 1000)} s: ${journalLines} lines, ${recordsTaken} records and ${commits} commits acknowledged before them`);
console.log(`${doubled} records were sent twice, ${mostDoubled} at the most after one kill`);
for (const what of broken.slice(0, 20)) console.log(`  ${what}`);
console.log(broken.length === 0 ? "nothing acknowledged was lost, nothing is corrupt" : `${broken.length} things are wrong`);
process.exitCode = broken.length === 0 ? 0 : 1;
