/** The farm is told: what, when, again after a new connection, and how Home Assistant is shown it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Farm } from "../../agent/attend/farm.ts";
import { decide } from "../../agent/core/decide.ts";
import { startState } from "../../agent/core/state.ts";
import { instant, millis } from "../../agent/core/units.ts";
import { NO_NOTES } from "../../agent/report/devices.ts";
import { HomeAssistant, RENEW_S } from "../../agent/report/farm/home-assistant.ts";
import { Pace } from "../../agent/report/farm/pace.ts";
import { ASIC, BUDGET, goneAfterS, RACK, REST_S } from "../../agent/report/farm/tables.ts";
import type { OutgoingMessage } from "../../agent/runtime/link.ts";
import { status } from "../cli/answers.ts";
import { device, input, metered, says, snapshot } from "../core/rack.ts";
import { ZERO } from "../core/signals.ts";

const { decision } = decide(startState(millis(0)), input(snapshot([device("asic-01", says("500"))], metered(3_000))));
const shown = new HomeAssistant({ prefix: "homeassistant", root: "curtaild/s1/r1", site: "s1", rack: "r.1", software: "curtaild/1", machines: [{ id: "asic-01", model: "antminer-s21" }] });

class Stand {
  readonly sent: OutgoingMessage[] = [];
  readonly farm: Farm;
  connected = true;

  constructor(homeAssistant: HomeAssistant | null = null) {
    const isConnected = (): boolean => this.connected;
    const link = {
      get connected() { return isConnected(); },
      publish: (message: OutgoingMessage) => void this.sent.push(message), next: () => undefined, resubscribe: () => undefined, run: () => Promise.resolve(), deliver: () => Promise.resolve({ kind: "acknowledged" } as const),
    };
    this.farm = new Farm({ link, pace: new Pace(BUDGET), root: "curtaild/s1/r1", machines: 1, about: () => NO_NOTES, homeAssistant, will: (connects) => ({ topic: "curtaild/s1/r1/status", payload: `{"online":false,"connects":${connects}}`, qos: 1, retain: true }) });
  }

  /** The topics of what a second brings. */
  second(second: number, over: Partial<typeof status> = {}): string[] {
    this.sent.length = 0;
    this.farm.decided(decision, { status: { ...status, ...over }, tick: { uptime: millis(second * 1000), at: instant(ZERO + second * 1000), error: null } });
    return this.sent.map(({ topic }) => topic.replace("curtaild/s1/r1/", ""));
  }
}

describe("the farm", () => {
  test("is told everything at first, then what has moved, and all of it after a while", () => {
    const stand = new Stand();
    assert.deepEqual(stand.second(0), ["status", "rack", "asic/asic-01"]);
    assert.deepEqual(stand.second(1), []);
    assert.deepEqual(stand.second(2, { measuredW: status.measuredW === null ? null : status.measuredW + 40 }), []);
    assert.deepEqual(stand.second(3, { measuredW: 25_000 }), ["rack"]);
    assert.deepEqual(stand.second(4, { measuredW: 25_000, state: "failsafe" }), ["status", "rack"]);
    const rest = Array.from({ length: 60 }, (_, index) => stand.second(5 + index, { measuredW: 25_000, state: "failsafe" })).flat();
    assert.deepEqual(Object.fromEntries(["status", "rack", "asic/asic-01"].map((topic) => [topic, rest.filter((one) => one === topic).length])), { status: 2, rack: 6, "asic/asic-01": 1 });
  });

  test("is told everything again by a new connection, and nothing without one", () => {
    const stand = new Stand();
    stand.second(0);
    stand.connected = false;
    assert.deepEqual(stand.second(30), []);
    stand.connected = true;
    stand.farm.happened({ at: "", name: "link.connected", link: "grid", count: 9 });
    assert.deepEqual(stand.second(31).includes("asic/asic-01"), false);
    stand.farm.happened({ at: "", name: "link.connected", link: "farm", count: 2 });
    assert.deepEqual(stand.second(32), ["status", "rack", "asic/asic-01"]);
  });

  test("hears events, but not every order", () => {
    const stand = new Stand();
    for (const name of ["setpoint.ordered", "setpoint.acknowledged", "setpoint.failed", "device.lost"]) stand.farm.happened({ at: "", name });
    assert.deepEqual(stand.sent.map(({ topic, qos }) => `${topic} ${qos}`), ["curtaild/s1/r1/notice/setpoint.failed 1", "curtaild/s1/r1/notice/device.lost 1"]);
  });

  test("hears the last word before the link closes", async () => {
    const stand = new Stand();
    stand.farm.happened({ at: "", name: "link.connected", link: "farm", count: 3 });
    stand.sent.length = 0;
    const stop = new AbortController();
    const running = stand.farm.run(stop.signal);
    stop.abort();
    assert.deepEqual(stand.sent.map(({ payload }) => payload), ['{"online":false,"connects":3}'], "at once, not in a later turn of the loop");
    await running;
  });
});

describe("Home Assistant", () => {
  const payloads = shown.names.map((name) => JSON.parse(String(shown.message(name).payload)) as Payload);
  interface Payload {
    readonly device: { readonly identifiers: readonly string[]; readonly via_device?: string };
    readonly origin: { readonly name: string };
    readonly availability: readonly { readonly topic: string; readonly value_template: string }[];
    readonly state_topic: string;
    readonly components: Readonly<Record<string, { readonly platform: string; readonly unique_id: string; readonly value_template: string; readonly expire_after: number; readonly unit_of_measurement?: string }>>;
  }

  test("is shown one device for the rack and one a miner, only where it was asked for", () => {
    assert.deepEqual(new Stand().second(0).filter((topic) => topic.includes("config")), []);
    const stand = new Stand(shown);
    assert.deepEqual(stand.second(0).filter((topic) => topic.includes("config")), ["homeassistant/device/curtaild__s1__r_2E_1/config", "homeassistant/device/curtaild__s1__r_2E_1__asic-01/config"]);
    assert.deepEqual(stand.second(RENEW_S - 1).filter((topic) => topic.includes("config")), []);
    assert.equal(stand.second(RENEW_S).filter((topic) => topic.includes("config")).length, 2, "renewed before the broker forgets it");
  });

  test("what is gone vanishes: the broker forgets the message, values expire, the will makes all unavailable", () => {
    for (const name of shown.names) {
      const { retain, qos, expirySeconds = 0, topic } = shown.message(name);
      assert.deepEqual([retain, qos], [true, 1]);
      assert.ok(expirySeconds > 2 * RENEW_S);
      assert.match(topic, /^homeassistant\/device\/[\w-]+\/config$/);
    }
    for (const { availability: [first], components } of payloads) {
      assert.equal(first?.topic, "curtaild/s1/r1/status");
      for (const { expire_after: gone } of Object.values(components)) assert.ok(gone >= REST_S && gone <= goneAfterS(2), `${gone}`);
    }
  });

  test("every value it asks for is a member of the message it reads, and nothing has the name of another", () => {
    const [rack, asic] = payloads;
    assert.ok(rack !== undefined && asic !== undefined);
    for (const [{ components }, table] of [[rack, RACK], [asic, ASIC]] as const) {
      for (const [member, { value_template: template, platform }] of Object.entries(components)) {
        assert.ok(member in table, member);
        assert.equal(template, `{{ value_json.${member} }}`);
        assert.equal(platform, "sensor");
      }
    }
    for (const wanted of ["limitRemainingS", "limitW", "powerW", "state", "hashrateThs"]) assert.ok(wanted in rack.components, wanted);
    const ids = payloads.flatMap(({ components }) => Object.values(components).map(({ unique_id: id }) => id));
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(asic.device.via_device, rack.device.identifiers[0]);
    assert.equal(asic.state_topic, "curtaild/s1/r1/asic/asic-01");
  });
});
