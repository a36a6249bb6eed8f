import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, test } from "node:test";
import { FlattenedSign, flattenedVerify } from "jose";
import { openJws, signJws } from "../../agent/signal/jws.ts";

const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const pairs = { ed25519, p256 } as const;
const payload = '{"v":1}';
const encode = (value: unknown): string => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const withKey = (key: KeyObject | null) => (jws: object) => openJws(jws, (kid) => (kid === "k1" ? key : null));
const parts = (text: string): Record<string, string> => JSON.parse(text) as Record<string, string>;

describe("JWS", () => {
  for (const [name, { privateKey, publicKey }] of Object.entries(pairs)) {
    test(`${name}: what we sign, jose verifies`, async () => {
      const verified = await flattenedVerify(JSON.parse(signJws(payload, { kid: "k1", key: privateKey })) as Parameters<typeof flattenedVerify>[0], publicKey);
      assert.equal(Buffer.from(verified.payload).toString(), payload);
      assert.equal(verified.protectedHeader?.kid, "k1");
    });

    for (const alg of name === "ed25519" ? ["Ed25519", "EdDSA"] : ["ES256"]) {
      test(`${name}: what jose signs as ${alg}, we verify`, async () => {
        const jws = await new FlattenedSign(Buffer.from(payload)).setProtectedHeader({ alg, kid: "k1" }).sign(privateKey);
        const opened = withKey(publicKey)(jws);
        assert.ok(opened.ok);
        assert.equal(Buffer.from(opened.value.payload).toString(), payload);
      });
    }

    test(`${name}: no single character can be changed`, () => {
      const jws = parts(signJws(payload, { kid: "k1", key: privateKey }));
      for (const part of ["payload", "protected", "signature"] as const) {
        const text = jws[part] ?? "";
        for (let at = 0; at < text.length; at += 1) {
          const changed = { ...jws, [part]: `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}` };
          assert.equal(withKey(publicKey)(changed).ok, false, `${part} ${at}`);
        }
      }
    });
  }

  // RFC 8037 appendix A: the example key, payload and signature. Compact there, flattened here; it names no key, which GLA/1 asks for.
  const rfcKey = { kty: "OKP", crv: "Ed25519", d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };

  test("RFC 8037 A.4: the signature of the example is the one that node:crypto makes", async () => {
    const key = createPrivateKey({ key: rfcKey, format: "jwk" });
    const rfcPayload = "Example of Ed25519 signing";
    const compact = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    const [header = "", body = "", signature = ""] = compact.split(".");
    assert.equal(encode(rfcPayload), body);
    const verified = await flattenedVerify({ protected: header, payload: body, signature }, createPublicKey(key));
    assert.equal(Buffer.from(verified.payload).toString(), rfcPayload);
    const unnamed = withKey(createPublicKey(key))({ protected: header, payload: body, signature });
    assert.ok(!unnamed.ok && /kid/.test(unnamed.reason));
  });

  const signed = parts(signJws(payload, { kid: "k1", key: ed25519.privateKey }));
  /** The signature fits, whatever the header says: only the header can be the fault. */
  const headed = (header: unknown): object => {
    const [head, body] = [encode(header), encode(payload)];
    return { payload: body, protected: head, signature: sign(null, Buffer.from(`${head}.${body}`), ed25519.privateKey).toString("base64url") };
  };

  test("a header of no fault is accepted, and more in it is ignored", () => assert.equal(withKey(ed25519.publicKey)(headed({ alg: "EdDSA", kid: "k1", typ: "JOSE" })).ok, true));

  const refused: readonly (readonly [why: string, jws: object, key?: KeyObject])[] = [
    ["an unknown key", parts(signJws(payload, { kid: "k2", key: ed25519.privateKey }))],
    ["another key's signature", parts(signJws(payload, { kid: "k1", key: generateKeyPairSync("ed25519").privateKey }))],
    ["alg none", headed({ alg: "none", kid: "k1" })],
    ["alg none without a signature", { ...headed({ alg: "none", kid: "k1" }), signature: "" }],
    ["HMAC keyed with the public key", headed({ alg: "HS256", kid: "k1" })],
    ["an algorithm that is not the key's", headed({ alg: "ES256", kid: "k1" })],
    ["the key's algorithm, the header's other", parts(signJws(payload, { kid: "k1", key: ed25519.privateKey })), p256.publicKey],
    ["an RSA key", headed({ alg: "RS256", kid: "k1" }), rsa.publicKey],
    ["crit", headed({ alg: "Ed25519", kid: "k1", crit: ["exp"] })],
    ["b64", headed({ alg: "Ed25519", kid: "k1", b64: false })],
    ["no kid", headed({ alg: "Ed25519" })],
    ["a kid that is no name", headed({ alg: "Ed25519", kid: "../../etc" })],
    ["no alg", headed({ kid: "k1" })],
    ["a key twice in the header", headed('{"alg":"Ed25519","kid":"k1","kid":"k1"}')],
    ["a header that is no object", headed([1])],
    ["an unprotected header", { ...signed, header: { kid: "k1" } }],
    ["a list of signatures", { payload: signed["payload"], signatures: [{ protected: signed["protected"], signature: signed["signature"] }] }],
    ["no signature", { payload: signed["payload"], protected: signed["protected"] }],
    ["a signature that is no text", { ...signed, signature: 1 }],
    ["padding", { ...signed, signature: `${signed["signature"]}==` }],
    ["base64 instead of base64url", { ...signed, payload: Buffer.from("{\"v\":1,\"x\":\"???>>>\"}").toString("base64") }],
    ["a short signature", { ...signed, signature: encode("short") }],
  ];
  for (const [why, jws, key = ed25519.publicKey] of refused) {
    test(`refuses ${why}`, () => {
      const opened = withKey(key)(jws);
      assert.ok(!opened.ok);
      assert.equal(opened.code, "BAD_SIGNATURE");
    });
  }
});
