import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { crypted, opened, sealed } from "../../drivers/sim/whatsminer-crypt.ts";
import { seal, unseal } from "../../drivers/whatsminer/cipher.ts";
import { md5crypt } from "../../drivers/whatsminer/md5crypt.ts";

describe("md5crypt", () => {
  // openssl passwd -1 -salt SALT PASSWORD
  for (const [password, salt, hash] of [
    ["admin", "BQ5hoXV9", "RxmaDUO33TS7O26yeMHZ81"],
    ["super", "abcdefgh", "yzvc1T2pjm44lcGyWWkwp1"],
    ["a", "x", "P8VObTrxaqT4VBmnH06P8."],
    ["a rather long password with äöü and more than 32 bytes", "12345678", "lroTurp9kh5sNfpMuOjwt0"],
  ] as const) {
    test(`of "${password}"`, () => assert.deepEqual([md5crypt(password, salt), crypted(password, salt)], [hash, hash]));
  }

  test("driver and simulator, written apart, agree on any password", () => {
    fc.assert(fc.property(fc.string({ maxLength: 40 }), fc.stringMatching(/^[./0-9A-Za-z]{1,8}$/), (password, salt) => md5crypt(password, salt) === crypted(password, salt)), { numRuns: 25 });
  });
});

describe("the envelope", () => {
  const key = createHash("sha256").update("key").digest();
  const wrong = createHash("sha256").update("another").digest();

  test("what one side seals the other opens, both ways", () => {
    const text = fc.string({ maxLength: 200 }).filter((given) => !given.endsWith("\0"));
    fc.assert(fc.property(text.filter((given) => given !== ""), (given) => opened(seal(given, key), key) === given && unseal(sealed(given, key), key) === given), { numRuns: 200 });
  });

  test("filled with NUL to whole blocks of 16 bytes", () => {
    assert.equal(Buffer.from(seal("x".repeat(16), key), "base64").length, 16);
    assert.equal(Buffer.from(seal("x".repeat(17), key), "base64").length, 32);
  });

  test("half a block opens to nothing, another key to noise", () => {
    assert.equal(unseal("AAAA", key), null);
    assert.equal(unseal("", key), null);
    assert.notEqual(unseal(seal('{"cmd":"power_off"}', key), wrong), '{"cmd":"power_off"}');
  });
});
