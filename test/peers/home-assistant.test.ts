/** What makes a rack appear in Home Assistant, on a real mosquitto: who comes later finds it, and who comes after its time finds nothing. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { HomeAssistant } from "../../agent/report/farm/home-assistant.ts";
import { runLink, until } from "../link/link-rig.ts";
import { Broker, skipMosquitto } from "./broker.ts";

test("a broker of MQTT 5 keeps it for who comes later, and forgets it when nobody renews it", { skip: skipMosquitto }, async () => {
  await using broker = await Broker.start({ tls: false });
  const shown = new HomeAssistant({ prefix: "homeassistant", root: "curtaild/s1/r1", site: "s1", rack: "r1", software: "curtaild/1", machines: [] });
  await using rack = runLink([broker.url], { clientId: "rack", subscriptions: [] });
  await until(() => rack.link.connected, () => rack.logged);
  const heardBy = async (clientId: string): Promise<readonly string[]> => {
    await using reader = runLink([broker.url], { clientId, subscriptions: [{ topic: "homeassistant/#", qos: 1 }] });
    await until(() => reader.link.connected, () => reader.logged);
    await pause(300);
    return reader.heard.filter((line) => line.includes("="));
  };
  rack.link.publish({ ...shown.message(""), expirySeconds: 2 });
  await pause(200);
  const [found] = await heardBy("early");
  assert.match(found ?? "", /^homeassistant\/device\/curtaild__s1__r1\/config=\{.*"components".*\} retained$/);
  await pause(2_500);
  assert.deepEqual(await heardBy("late"), []);
});
