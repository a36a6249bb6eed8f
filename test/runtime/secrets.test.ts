/** Secrets planted anywhere, in any form, come out nowhere. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { secretFiles } from "../../agent/config/secrets.ts";
import { configJsonSchema } from "../../agent/config/json-schema.ts";
import { createLogbook } from "../../agent/host/log.ts";
import { isSecretName, Secrets, withoutSecrets } from "../../agent/runtime/secrets.ts";

/** Nothing that stands in ordinary words, so that finding it is finding it. */
const planted = fc.string({ unit: fc.constantFrom(..."QXZ7#\"\\'/ %+=§Ж"), minLength: 8, maxLength: 24 }).filter((text) => text.trim() === text);
const name = fc.constantFrom("reason", "text", "device", "list", "Msg", "error");
const around = fc.constantFrom((secret: string) => secret, (secret: string) => `refused: ${secret} is wrong`, (secret: string) => JSON.stringify({ said: secret }), (secret: string) => `at http://h/x?p=${encodeURIComponent(secret)}`, (secret: string) => `Basic ${Buffer.from(secret).toString("base64")}`);
const nested = (leaf: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({ node: fc.oneof({ depthSize: "small", maxDepth: 4 }, leaf, fc.dictionary(name, tie("node"), { minKeys: 1, maxKeys: 3 }), fc.array(tie("node"), { minLength: 1, maxLength: 3 })) })).node;
const shows = (text: string, secret: string): boolean => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret).toString("base64").replace(/=+$/, "")].some((form) => text.includes(form));

function everyOutput(secrets: Secrets, value: object): string {
  const lines: string[] = [];
  for (const form of ["lines", "journal", "terminal"] as const) {
    const log = createLogbook({ level: "debug", form, secrets, write: (line) => lines.push(line) }).room("x");
    log.info(value, "something happened");
    log.error({}, `it broke: ${JSON.stringify(value)}`);
  }
  return [...lines, JSON.stringify(value, secrets.replacer), JSON.stringify(secrets.hide(value))].join("\n");
}

describe("a secret", () => {
  test("by its value: whatever a miner makes of it", () => {
    fc.assert(fc.property(planted, fc.context(), fc.gen(), (secret, context, gen) => {
      const secrets = new Secrets();
      secrets.learn(secret);
      const value = { outer: gen(() => nested(around.map((wrap) => wrap(secret)))) };
      const text = everyOutput(secrets, value);
      context.log(text);
      assert.ok(!shows(text, secret));
    }), { numRuns: 60 });
  });

  test("by its name: at any depth, whatever it is", () => {
    const names = fc.constantFrom("password", "passwd", "Password", "old_password", "mqttPassword", "pass", "pw", "secret", "clientSecret", "token", "access-token", "Authorization", "cookie", "credentials", "privateKey", "apiKey", "session_id", "key");
    fc.assert(fc.property(planted, names, fc.gen(), (secret, under, gen) => {
      const value = { outer: gen(() => nested(fc.constant({ [under]: secret }))) };
      assert.ok(!shows(everyOutput(new Secrets(), value), secret));
    }), { numRuns: 60 });
  });

  for (const text of ["mqtt://rack:hunter2@broker", "stratum+tcp://a.b:hunter2@pool:3333", "password=hunter2", 'login {"user":"root","pass":"hunter2"} failed', String.raw`{\"token\":\"hunter2\"}`, "Authorization: Bearer hunter2x", "sent Basic aHVudGVyMg==", "GET /cgi?token=hunter2&x=1"]) {
    test(`by its look: ${text}`, () => assert.doesNotMatch(withoutSecrets(text), /hunter2|aHVudGVyMg/));
  }

  test("a private key, by its look and by its lines", () => {
    const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const body = pem.split("\n")[1] ?? "";
    assert.ok(body.length > 40);
    assert.ok(!withoutSecrets(`read ${pem}`).includes(body));
    assert.ok(!withoutSecrets(`cut short ${pem.slice(0, 60)}`).includes(body.slice(0, 20)));
    const secrets = new Secrets();
    secrets.learn(pem);
    assert.ok(!secrets.text(`one line of it: ${body}`).includes(body));
  });
});

test("a hostile text takes no longer than a friendly one", () => {
  for (const unit of ["a", "\\", '"', '\\"', "a:", "://", '"pass":"', "password=", "pass_", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "Basic ", " ", "@", '"token\\":\\"']) {
    const began = performance.now();
    withoutSecrets(`@password${unit.repeat(300_000 / unit.length)}`);
    assert.ok(performance.now() - began < 1_500, `${JSON.stringify(unit)}: ${Math.round(performance.now() - began)} ms`);
  }
});

describe("and everything else stays as it is", () => {
  for (const text of ["the password is wrong", "grid.password: is not a key here; the keys are brokers, prefix", "names /etc/curtaild/secrets/mqtt, which cannot be read (ENOENT)", "passwordFile: /etc/curtaild/secrets/mqtt", "basic settings", "mail ada@farm", "mqtts://broker.example:8883"]) {
    test(text, () => assert.equal(withoutSecrets(text), text));
  }

  test("short words in a secret file are taken out as words only", () => {
    const secrets = new Secrets();
    secrets.learn("root");
    assert.equal(secrets.text("rooted in /root, said root"), "rooted in /(not shown), said (not shown)");
    secrets.learn("abc");
    assert.equal(secrets.text("abc"), "abc");
  });

  test("public keys, names of files, figures, null and times", () => {
    const value = { key: { kty: "OKP", x: "abc" }, passwordFile: "secrets/mqtt", token: null, at: new Date(0), n: 1, list: [1, null] };
    assert.deepEqual(new Secrets().hide(value), { ...value, at: "1970-01-01T00:00:00.000Z" });
  });
});

test("every file the configuration can name is public by name, or learnt", () => {
  const named = new Set<string>();
  const walk = (schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return;
    if ("properties" in schema && typeof schema.properties === "object" && schema.properties !== null) for (const key of Object.keys(schema.properties)) if (key.endsWith("File")) named.add(key);
    for (const part of Object.values(schema)) walk(part);
  };
  walk(configJsonSchema());
  assert.ok(named.has("passwordFile") && named.has("keyFile"));
  const learnt = [...named].filter((key) => secretFiles({ deep: [{ [key]: "x" }] }).length === 1);
  assert.deepEqual([...named].filter((key) => !learnt.includes(key)).sort(), ["caFile", "certFile", "rootKeyFile"], "what is public is listed in config/secrets.ts");
  assert.ok([...named].every((key) => !isSecretName(key)), "the name of a file may be shown");
});
