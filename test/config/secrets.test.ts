import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatAddress, formatOutlet, parseAddress, parseOutlet } from "../../agent/config/address.ts";
import { shown } from "../../agent/config/redact.ts";
import { brokerAccess, minerPasswords } from "../../agent/config/secrets.ts";
import { testDirectory } from "./config-files.ts";

test("a link's password comes without the line feed at its end, and nothing else is taken off", async () => {
  await using directory = await testDirectory();
  const passwordFile = await directory.write("mqtt", " hun ter2 \n");
  const tls = { caFile: await directory.write("ca.pem", "PEM"), certFile: null, keyFile: null };
  const link = { brokers: ["mqtts://b"], prefix: "gla/1", username: "rack", passwordFile, tls };
  assert.deepEqual(await brokerAccess(link), { username: "rack", password: " hun ter2 ", tls: { ca: "PEM", cert: null, key: null } });
  assert.deepEqual(await brokerAccess({ ...link, passwordFile: null, tls: null }), { username: "rack", password: null, tls: null });
});

test("miners share a password file, and one without a file has none", async () => {
  await using directory = await testDirectory();
  const passwordFile = await directory.write("whatsminer", "adm in\r\n");
  const miner = { id: "a", driver: "luxos", address: { host: "h", port: 1 }, model: "m", webPort: null, outlet: null };
  const passwords = await minerPasswords([{ ...miner, passwordFile }, { ...miner, passwordFile }, { ...miner, passwordFile: null }]);
  assert.deepEqual([...passwords], [[passwordFile, "adm in"]]);
});

describe("what is shown of a value", () => {
  for (const [key, value, expected] of [
    ["password", "hunter2", "(not shown)"],
    ["apiKey", "hunter2", "(not shown)"],
    ["rootKeyFile", "keys/root.pem", '"keys/root.pem"'],
    ["passwordFile", "secrets/mqtt", '"secrets/mqtt"'],
    ["brokers", ["mqtt://rack:hunter2@b"], '["mqtt://***@b"]'],
    ["grid", { password: "hunter2", port: 1 }, '{"password":"(not shown)","port":1}'],
    ["site", "x".repeat(100), `"${"x".repeat(59)}...`],
    ["site", undefined, "nothing"],
  ] as const) {
    test(`${key}: ${JSON.stringify(value)?.slice(0, 30)}`, () => assert.equal(shown(key, value), expected));
  }
});

describe("addresses", () => {
  for (const [text, expected] of [
    ["10.0.0.1:4028", { host: "10.0.0.1", port: 4028 }],
    ["asic-7.farm:4028", { host: "asic-7.farm", port: 4028 }],
    ["[fd00::21]:4028", { host: "fd00::21", port: 4028 }],
    ["10.0.0.1", null],
    ["10.0.0.1:65536", null],
    ["10.0.0.1:4028/x", null],
    ["-x:1", null],
    ["", null],
  ] as const) {
    test(text, () => {
      const parsed = parseAddress(text);
      assert.deepEqual(parsed, expected);
      if (parsed !== null) assert.equal(formatAddress(parsed), text);
    });
  }
  test("outlets count from 1", () => {
    assert.deepEqual(parseOutlet("pdu-1/12"), { meter: "pdu-1", outlet: 12 });
    assert.equal(formatOutlet({ meter: "pdu-1", outlet: 12 }), "pdu-1/12");
    for (const text of ["pdu-1/0", "pdu-1/", "/1", "pdu-1", "pdu-1/01", "pdu-1/1x"]) assert.equal(parseOutlet(text), null, text);
  });
});
