import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadConfig, parseConfig } from "../../agent/config/load.ts";
import { ConfigError } from "../../agent/runtime/errors.ts";
import { vocabulary } from "../../agent/cli/vocabulary.ts";
import { configText, testDirectory } from "./config-files.ts";

const vtn = { url: "https://vtn.example/openadr3/3.1.0", clientId: "rack", clientSecretFile: "/etc/curtaild/nowhere" };

const faultsOf = async (text: string): Promise<string[]> => {
  try {
    await parseConfig(text, "/etc/curtaild/config.yaml", { vocabulary });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split("\n");
  }
};

describe("a good configuration", () => {
  test("gets its defaults, parsed addresses and absolute paths", async () => {
    const config = await parseConfig(configText({ "paths.state": "state", "grid.tls": null }), "/srv/rack/config.yaml", { vocabulary });
    assert.deepEqual(config.paths, { state: "/srv/rack/state", run: "/run/curtaild", profiles: "/etc/curtaild/profiles" });
    assert.deepEqual(config.miners[0], { id: "asic-01", driver: "luxos", address: { host: "127.0.0.1", port: 41_001 }, model: "antminer-s19k-pro", passwordFile: null, webPort: null, limits: null, phase: null, pin: null, priority: 0, pools: null, outlet: { meter: "pdu-1", outlet: 1 } });
    assert.deepEqual([config.grid.prefix, config.grid.clock, config.farm, config.meters[0]?.unit, config.policy.onStop], ["gla/1", "kernel", null, 1, "failsafe"]);
  });

  test("may be written in any YAML, with 0 W as a limit", async () => {
    const config = await parseConfig(configText({ "grid.failsafeLimitW": 0 }), "c.yaml");
    assert.equal(config.grid.failsafeLimitW, 0);
    assert.deepEqual(await faultsOf(JSON.stringify((await import("./config-files.ts")).goodConfig)), []);
  });
});

describe("every fault has its path, what is allowed and a cure", () => {
  const table: [string, Parameters<typeof configText>[0], RegExp][] = [
    ["missing failsafe", { "grid.failsafeLimitW": undefined }, /^\S+:\d+: grid\.failsafeLimitW: is missing; .* number from 0 to .*For example: failsafeLimitW: 10000$/],
    ["text for a number", { "grid.failsafeLimitW": "ten" }, /:\d+: grid\.failsafeLimitW: is "ten"; it has to be a number/],
    ["negative", { "grid.failsafeLimitW": -1 }, /grid\.failsafeLimitW: is -1; it has to be a number from 0/],
    ["infinite", { "node.nominalW": Number.POSITIVE_INFINITY }, /node\.nominalW: .* it has to be a number above 0/],
    ["not a number", { "grid.failsafeLimitW": Number.NaN }, /grid\.failsafeLimitW/],
    ["unknown word", { "grid.signatures": "maybe" }, /grid\.signatures: is "maybe"; it has to be one of required, optional/],
    ["misspelt key", { "grid.failsafelimitw": 5 }, /grid\.failsafelimitw: is not a key here; .* Did you mean failsafeLimitW\?/],
    ["unknown key", { "policy.colour": "red" }, /policy\.colour: is not a key here; the keys are onStop, .*Remove it\./],
    ["a password in the file", { "grid.password": "hunter2" }, /grid\.password: is not a key here; .*passwordFile\.$/],
    ["credentials in a URL", { "grid.brokers": ["mqtt://rack:hunter2@broker"] }, /grid\.brokers\[0\]: is "mqtt:\/\/\*\*\*@broker"; .*without user, password/],
    ["no grid at all", { "grid.brokers": [] }, /grid\.brokers: is empty while openadr is null: .*or a VTN under openadr/],
    ["a VTN in clear text", { openadr: { ...vtn, url: "http://vtn.example" } }, /openadr\.url: is "http:\/\/vtn\.example"; .*http:\/\/ only to this machine/],
    ["a VTN with a password in its address", { openadr: { ...vtn, url: "https://me:hunter2@vtn" } }, /openadr\.url: is "https:\/\/\*\*\*@vtn"/],
    ["a VTN lost before it is asked twice", { openadr: { ...vtn, pollS: 60, lostAfterS: 90 } }, /openadr\.lostAfterS: is 90 while openadr\.pollS is 60/],
    ["a contract above the breaker", { openadr: { ...vtn, contractW: 90_000 } }, /openadr\.contractW: is 90000, above node\.breakerW/],
    ["a ladder that rises", { openadr: { ...vtn, levels: [0, 0.5, 0.75, 1] } }, /openadr\.levels: .*sheds more/],
    ["certificates where there is no TLS", { openadr: { ...vtn, url: "http://127.0.0.1:8080/openadr3", caFile: "ca.pem" } }, /openadr\.caFile: is set while openadr\.url is http/],
    ["a secret that is not there", { openadr: vtn }, /openadr\.clientSecretFile: names .*nowhere, which cannot be read/],
    ["a port beyond 65535", { "grid.brokers": ["mqtt://b:99999"] }, /grid\.brokers\[0\]: is "mqtt:\/\/b:99999"; it has to be mqtt/],
    ["websocket broker", { "grid.brokers": ["ws://broker"] }, /grid\.brokers\[0\]/],
    ["wildcard in a name", { "node.rack": "r+" }, /node\.rack: is "r\+"; it has to be 1 to 64 letters/],
    ["prefix with slash", { "grid.prefix": "gla/1/" }, /grid\.prefix/],
    ["other version", { version: 2 }, /version: is 2; it has to be 1/],
    ["no miners", { miners: [] }, /miners: is \[\]; it has to be a list of 1/],
    ["address without port", { "miners.0.address": "10.0.0.1" }, /miners\[0\]\.address: is "10\.0\.0\.1"; it has to be HOST:PORT/],
    ["port 0", { "miners.0.address": "10.0.0.1:0" }, /miners\[0\]\.address/],
    ["outlet 0", { "miners.0.outlet": "pdu-1/0" }, /miners\[0\]\.outlet: is "pdu-1\/0"; it has to be METER\/NUMBER/],
    ["a listener for everybody", { web: { listen: "192.0.2.7:9840" } }, /web\.listen: is 192\.0\.2\.7:9840 while web\.tokenFile is not set: everybody/],
    ["a listener on an interface without a token", { web: { listen: "eth0:9840" } }, /web\.listen: is eth0:9840 while web\.tokenFile is not set/],
    ["a listener without a port", { web: { listen: "127.0.0.1" } }, /web\.listen: .*HOST:PORT/],
    ["failsafe above breaker", { "grid.failsafeLimitW": 50_000 }, /grid\.failsafeLimitW: is 50000, above node\.breakerW \(40000\): lower/],
    ["nominal above breaker", { "node.nominalW": 50_000 }, /node\.nominalW: is 50000, above node\.breakerW/],
    ["optional heartbeat with signatures", { "grid.signatures": "required", "grid.heartbeat": "optional", "grid.rootKeyFile": "root.pem" }, /grid\.heartbeat: is optional while grid\.signatures is required/],
    ["clock of no heartbeat", { "grid.heartbeat": "optional", "grid.clock": "heartbeat" }, /grid\.clock: is heartbeat while grid\.heartbeat is optional/],
    ["signatures without a key", { "grid.signatures": "required" }, /grid\.rootKeyFile: is missing while grid\.signatures is required/],
    ["password without user", { "grid.passwordFile": "p" }, /grid\.passwordFile: is set while grid\.username is not/],
    ["TLS on plain brokers", { "grid.tls": { caFile: "ca.pem" } }, /grid\.tls: is set while all of grid\.brokers are mqtt/],
    ["half a client certificate", { "grid.brokers": ["mqtts://b"], "grid.tls": { certFile: "c.pem" } }, /grid\.tls: has one of certFile and keyFile/],
    ["same id twice", { "miners.1.id": "asic-01" }, /miners\[1\]\.id: is "asic-01", which miners\[0\] has already/],
    ["a meter's id for a miner", { "miners.1.id": "pdu-1" }, /miners\[1\]\.id: is "pdu-1", which meters\[0\] has already/],
    ["same address twice", { "miners.1.address": "127.0.0.1:41001" }, /miners\[1\]\.address: is 127\.0\.0\.1:41001, which miner asic-01 has already/],
    ["a meter's address for a miner", { "miners.1.address": "127.0.0.1:41502" }, /miners\[1\]\.address: .*which meter pdu-1 has already/],
    ["same outlet twice", { "miners.1.outlet": "pdu-1/1" }, /miners\[1\]\.outlet: is pdu-1\/1, which miner asic-01 has already/],
    ["outlet of no meter", { "miners.1.outlet": "pdu-9/1" }, /miners\[1\]\.outlet: is pdu-9\/1, but there is no meter pdu-9; the meters are pdu-1/],
    ["unknown driver", { "miners.0.driver": "lux" }, /miners\[0\]\.driver: is "lux": there is no such driver; there are .*luxos/],
    ["unknown model", { "miners.0.model": "s99" }, /miners\[0\]\.model: is "s99": .*antminer-s19k-pro/],
    ["unknown profile", { "meters.0.profile": "acme" }, /meters\[0\]\.profile: is "acme"/],
    ["a meter without address", { "meters.0.address": null }, /meters\[0\]\.address: is missing: transport tcp needs HOST:PORT/],
    ["a serial meter without port", { "meters.0.transport": "rtu" }, /meters\[0\]\.serial: is missing: transport rtu needs the port/],
    ["unit 0 on a serial line", { "meters.0.transport": "rtu-over-tcp", "meters.0.unit": 0 }, /meters\[0\]\.unit: is 0: on a serial line/],
    ["half a device certificate", { "meters.0.transport": "tls", "meters.0.tls": { keyFile: "k.pem" } }, /meters\[0\]\.tls: has one of certFile and keyFile/],
    ["a login without its file", { "meters.0.login": { username: "admin", passwordFile: "/no/such" } }, /meters\[0\]\.login\.passwordFile: names \/no\/such, which cannot be read/],
    ["two speeds on one port", { meters: [1, 2].map((unit) => ({ id: `m-${unit}`, profile: "gude-epc", transport: "rtu", unit, serial: { path: "/dev/ttyS9", baud: 9_600 * unit } })) }, /meters\[1\]\.serial: is 19200 baud.*unlike meter m-1 on the same \/dev\/ttyS9/],
    ["a rack meter that measures nothing", { "meters.0.profile": "adam-6000" }, /meters\[0\]\.role: is rack, but a adam-6000 measures no total/],
    ["an emergency stop nobody can read", { "contacts.estop": ["pdu-1/1"] }, /contacts\.estop\[0\]: is pdu-1\/1, but a gude-epc has no contacts to be read/],
    ["a lamp on a miner's outlet", { "contacts.outputs": [{ output: "pdu-1/1", as: "lamp" }] }, /contacts\.outputs\[0\]\.output: is output pdu-1\/1, which a miner has already/],
    ["two lamps on one contact", { "contacts.outputs": [1, 2].map(() => ({ output: "pdu-1/7", as: "lamp" })) }, /contacts\.outputs\[1\]\.output: is output pdu-1\/7, which contacts\.outputs\.0\.output has already/],
    ["a contactor of no box", { "contacts.outputs": [{ output: "io-9/1", as: "contactor" }] }, /contacts\.outputs\[0\]\.output: is io-9\/1, but there is no meter io-9; the meters are pdu-1/],
    ["an outlet described twice", { "meters.0.outlets": [1, 2].map(() => ({ outlet: 3, use: "never" })) }, /meters\[0\]\.outlets\[1\]\.outlet: is 3, which stands there twice/],
    ["state in the run directory", { "paths.state": "/x", "paths.run": "/x" }, /paths\.run: is \/x, the same as paths\.state/],
    ["missing password file", { "grid.username": "rack", "grid.passwordFile": "/nowhere/p" }, /grid\.passwordFile: names \/nowhere\/p, which cannot be read \(ENOENT\): create it/],
  ];
  for (const [name, changes, expected] of table) {
    test(name, async () => {
      const faults = await faultsOf(configText(changes));
      assert.ok(faults.some((fault) => expected.test(fault)), `${faults.join("\n")}\nhas no ${expected}`);
      assert.ok(!faults.join().includes("hunter2"), "no secret is shown");
    });
  }

  test("several faults come together, with their lines, in the file's order", async () => {
    const text = "version: 1\nnode: { operator: demo, site: s1, rack: r1, nominalW: 1000 }\ngrid:\n  brokers: [mqtt://b]\n  failsafeLimitW: x\nminers: []\n";
    assert.deepEqual((await faultsOf(text)).map((line) => line.split(": ").slice(0, 2).join(" ")), [
      "/etc/curtaild/config.yaml:2 node.breakerW",
      "/etc/curtaild/config.yaml:5 grid.failsafeLimitW",
      "/etc/curtaild/config.yaml:6 miners",
    ]);
  });

  for (const [name, text] of [
    ["no YAML", "version: [1\nnode: }"],
    ["a key twice", "version: 1\nversion: 1\n"],
    ["an alias bomb", `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(60)}]\nc: &c [${"*b,".repeat(60)}]\nd: [${"*c,".repeat(60)}]\n`],
    ["nested without end", "[".repeat(20_000)],
    ["a list", "- 1\n- 2\n"],
    ["empty", ""],
  ] as const) {
    test(name, async () => assert.ok((await faultsOf(text)).length > 0));
  }

  test("a file that is not there, and one that is no file", async () => {
    await assert.rejects(loadConfig("/nowhere/config.yaml"), /^ConfigError: \/nowhere\/config\.yaml: cannot be read \(ENOENT\)/);
    await assert.rejects(loadConfig("/"), ConfigError);
  });
});

describe("files the configuration names", () => {
  const required = { "grid.signatures": "required", "grid.rootKeyFile": "root.pem" };
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const privatePem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

  test("a root key is looked at: public and whole, or refused without showing it", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText(required));
    await directory.write("root.pem", publicPem);
    assert.equal((await loadConfig(file)).grid.rootKeyFile, join(directory.path, "root.pem"));
    await directory.write("root.pem", "no key");
    await assert.rejects(loadConfig(file), /rootKeyFile: names \S+root\.pem, which holds no public key in PEM/);
    await directory.write("root.pem", privatePem);
    await assert.rejects(loadConfig(file), (error: Error) => /holds a private key/.test(error.message) && !error.message.includes("MC4"));
  });

  test("a secret others can read is a warning, not a fault", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText({ "grid.username": "rack", "grid.passwordFile": "mqtt" }));
    const secret = await directory.write("mqtt", "hunter2\n");
    const warnings: string[] = [];
    const warn = (line: string): void => void warnings.push(line);
    await loadConfig(file, { warn });
    assert.deepEqual(warnings, []);
    for (const mode of [0o644, 0o604, 0o660]) {
      await chmod(secret, mode);
      await loadConfig(file, { warn });
      assert.match(warnings.pop() ?? "", /grid\.passwordFile: names \S+mqtt, which others may read or change: chmod 640/);
    }
    await chmod(secret, 0o640);
    await loadConfig(file, { warn });
    assert.deepEqual(warnings, []);
  });

  test("a miner's password file is looked at like any other", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText({ "miners.0.passwordFile": "miner" }));
    await assert.rejects(loadConfig(file), /miners\[0\]\.passwordFile: names \S+miner, which cannot be read \(ENOENT\)/);
    const secret = await directory.write("miner", "admin\n");
    assert.equal((await loadConfig(file)).miners[0]?.passwordFile, secret);
  });

  test("a token that could be guessed, or does not travel in a header, is a fault", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText({ web: { listen: "192.0.2.7:9840", tokenFile: "web" } }));
    for (const token of ["hunter2\n", "sixteen letters?", "schlüssel-der-nicht-geht"]) {
      await directory.write("web", token);
      await assert.rejects(loadConfig(file), (error: Error) => /web\.tokenFile: names \S+web, which has to hold one word of 16/.test(error.message) && !error.message.includes(token.trim()));
    }
    const secret = await directory.write("web", "0123456789abcdef\n");
    assert.deepEqual((await loadConfig(file)).web, { listen: { host: "192.0.2.7", port: 9840 }, tokenFile: secret, names: [], page: true, metrics: false });
  });

  test("an empty password is a fault, a huge file too", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText({ "grid.username": "rack", "grid.passwordFile": "mqtt" }));
    await directory.write("mqtt", "\n");
    await assert.rejects(loadConfig(file), /passwordFile: .*which is empty/);
    await directory.write("mqtt", "x".repeat(70_000));
    await assert.rejects(loadConfig(file), /larger than 65536 bytes/);
  });

  test("what is allowed but doubtful is said", async () => {
    const warnings: string[] = [];
    const text = configText({ "grid.failsafeLimitW": 35_000, meters: [], "policy.outlets": "emergency", "miners.0.outlet": null, "miners.1.outlet": null });
    await parseConfig(text, "c.yaml", { warn: (line) => warnings.push(line) });
    assert.deepEqual(warnings.map((line) => /: (\S+): /.exec(line)?.[1]), ["grid.failsafeLimitW", "meters", "policy.outlets"]);
  });
});

describe("what is no configuration at all is said, soon and in words", () => {
  const refused = async (file: string): Promise<string> => {
    const error = await loadConfig(file).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  };

  test("a pipe, a device without end, a directory, UTF-16, too much, nothing", async () => {
    await using directory = await testDirectory();
    const pipe = join(directory.path, "pipe");
    execFileSync("mkfifo", [pipe]);
    assert.match(await refused(pipe), /is no file/);
    assert.match(await refused("/dev/zero"), /is no file/);
    assert.match(await refused(directory.path), /is no file/);
    assert.match(await refused(await directory.write("utf16.yaml", `\uFEFF${configText()}`.split("").join("\0"))), /save it as UTF-8/);
    assert.match(await refused(await directory.write("large.yaml", "#".repeat(5_000_000))), /is larger than/);
    assert.match(await refused(await directory.write("empty.yaml", "")), /it has to be a mapping/);
    assert.match(await refused(await directory.write("deep.yaml", `a: ${"[".repeat(100_000)}`)), /is no YAML/);
    const config = await loadConfig(await directory.write("megabyte.yaml", `${configText()}${"# a line that says nothing\n".repeat(40_000)}`));
    assert.equal(config.miners.length, 2);
  });

  test("a pipe in place of a password is empty, and nobody waits for it", async () => {
    await using directory = await testDirectory();
    const pipe = join(directory.path, "password");
    execFileSync("mkfifo", [pipe]);
    assert.match(await refused(await directory.write("config.yaml", configText({ "grid.username": "rack", "grid.passwordFile": pipe }))), /passwordFile: .*which cannot be read/);
  });
});
