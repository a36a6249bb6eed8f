import assert from "node:assert/strict";
import { test } from "node:test";
import { inClimate } from "../../agent/config/climate.ts";
import type { Config } from "../../agent/config/schema.ts";

interface Words {
  readonly policy?: object;
  readonly overTemperature?: readonly object[];
  readonly limits?: object;
  readonly meters?: readonly object[];
}

const told = ({ policy = {}, overTemperature = [], limits, meters = [{ role: "rack" }] }: Words): string[] =>
  inClimate({ policy: { heat: { coolInletC: null, inletMaxC: null }, keepWarm: null, underFrequency: null, ...policy }, contacts: { overTemperature }, miners: [{ limits: limits ?? null }], meters } as unknown as Config).map(({ path, text }) => `${path.join(".")} ${text}`);

const contact = { input: { meter: "io-1", outlet: 2 }, restoreAfterS: 60 };
const table: readonly [string, Words, readonly RegExp[]][] = [
  ["nothing is asked for", {}, []],
  ["all of it, and none against another", { policy: { heat: { coolInletC: 20, inletMaxC: 40 }, keepWarm: { belowC: 3, dewPointC: null }, underFrequency: { belowHz: 49.8, shedPct: 20, restoreHz: 49.95 } }, overTemperature: [{ ...contact, limitW: 5_000, limitPct: null }], limits: { boardMaxC: 75, chipMaxC: 90 } }, []],
  ["air that opens and narrows at once", { policy: { heat: { coolInletC: 42, inletMaxC: 40 } } }, [/coolInletC is 42, not below the warmest air \(40\)/]],
  ["air that is cool above what every model is made for", { policy: { heat: { coolInletC: 50, inletMaxC: null } } }, [/50, not below the warmest air \(45\)/]],
  ["warmth wanted where air counts as warm", { policy: { heat: { coolInletC: 5, inletMaxC: null }, keepWarm: { belowC: 10, dewPointC: null } } }, [/belowC is 10, above policy\.heat\.coolInletC \(5\)/]],
  ["boards hotter than chips", { limits: { boardMaxC: 95, chipMaxC: 90 } }, [/boardMaxC is 95, above chipMaxC \(90\)/]],
  ["a step that ends before it begins", { policy: { underFrequency: { belowHz: 49.8, shedPct: 20, restoreHz: 49.8 } } }, [/restoreHz is 49\.8, not above belowHz \(49\.8\)/]],
  ["a frequency that nobody measures", { policy: { underFrequency: { belowHz: 49.8, shedPct: 20, restoreHz: 50 } }, meters: [{ role: "outlets" }] }, [/no meter has role rack/]],
  ["a thermostat that limits to nothing said", { overTemperature: [{ ...contact, limitW: null, limitPct: null }] }, [/neither of limitW and limitPct \(io-1\/2\)/]],
  ["or to two things", { overTemperature: [{ ...contact, limitW: 5_000, limitPct: 30 }] }, [/both of limitW and limitPct \(io-1\/2\) \(5000 and 30\)/]],
];
for (const [name, words, expected] of table) {
  test(name, () => {
    const found = told(words);
    assert.equal(found.length, expected.length, found.join());
    for (const [i, pattern] of expected.entries()) assert.match(found[i] ?? "", pattern);
  });
}
