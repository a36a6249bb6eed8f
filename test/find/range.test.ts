import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { hostsIn } from "../../drivers/find/range.ts";

describe("a range of addresses", () => {
  test("as a network: network and broadcast address are nobody's", () => {
    const hosts = hostsIn("10.0.0.0/22");
    assert.deepEqual([hosts.length, hosts[0], hosts.at(-1)], [1022, "10.0.0.1", "10.0.3.254"]);
    assert.deepEqual(hostsIn("10.1.2.77/30"), ["10.1.2.77", "10.1.2.78"]);
    assert.deepEqual(hostsIn("10.1.2.7/32"), ["10.1.2.7"]);
    assert.deepEqual(hostsIn("10.1.2.6/31"), ["10.1.2.6", "10.1.2.7"]);
  });

  test("from here to there, and one alone", () => {
    assert.deepEqual(hostsIn("10.0.0.254-10.0.1.1"), ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]);
    assert.deepEqual(hostsIn("10.0.0.5-7"), ["10.0.0.5", "10.0.0.6", "10.0.0.7"]);
    assert.deepEqual(hostsIn("10.0.0.7"), ["10.0.0.7"]);
  });

  for (const wrong of ["10.0.0.0/7", "10.0.0.0/33", "10.0.0.0/9", "10.0.0.300", "10.0.0", "10.0.0.9-10.0.0.1", "rack-1", "", "fd00::/64"]) {
    test(`"${wrong}" is refused with a cure`, () => assert.throws(() => hostsIn(wrong), RangeError));
  }

  test("every network has the size its bits say, in order and without twins", () => {
    fc.assert(fc.property(fc.ipV4(), fc.integer({ min: 18, max: 32 }), (host, bits) => {
      const hosts = hostsIn(`${host}/${bits}`);
      assert.equal(hosts.length, bits >= 31 ? 2 ** (32 - bits) : 2 ** (32 - bits) - 2);
      assert.equal(new Set(hosts).size, hosts.length);
    }), { numRuns: 50 });
  });
});
