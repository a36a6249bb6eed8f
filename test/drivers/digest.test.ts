import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HttpClient } from "../../drivers/http/client.ts";
import { authorization, challengeOf, DigestSession, type Answering } from "../../drivers/http/digest.ts";
import { Lockout } from "../../drivers/http/lockout.ts";
import { rawMiner } from "./raw-miner.ts";

const never = new AbortController().signal;

/** RFC 7616, 3.9.1. */
const EXAMPLE = [
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
] as const;
const MUFASA: Answering = { username: "Mufasa", password: "Circle of Life", method: "GET", uri: "/dir/index.html", count: 1, cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ" };

const answered = (header: string): string => {
  const challenge = challengeOf(header);
  assert.ok(challenge);
  return authorization(challenge, MUFASA);
};

describe("the answer to a digest challenge", () => {
  test("is that of RFC 7616, with MD5 and with SHA-256", () => {
    assert.match(answered(EXAMPLE[1]), /response="8ca523f5e9506fed4657c9700eebdbec"/);
    assert.match(answered(EXAMPLE[0]), /response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"/);
    assert.match(answered(EXAMPLE[0]), /^Digest username="Mufasa", realm="http-auth@example\.org".*qop=auth, nc=00000001.*opaque="FQhe/);
  });

  test("is that of RFC 2617 where the miner speaks that", () => {
    const challenge = challengeOf('Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"');
    assert.ok(challenge);
    assert.match(authorization(challenge, { ...MUFASA, password: "Circle Of Life", cnonce: "0a4f113b" }), /response="6629fae49393a05397450978507c4ef1"/);
  });

  test("takes the stronger of two in one header, and none it does not know", () => {
    assert.equal(challengeOf(EXAMPLE.join(", "))?.algorithm, "SHA-256");
    assert.equal(challengeOf(EXAMPLE.toReversed().join(", "))?.algorithm, "SHA-256");
    assert.equal(challengeOf(`Basic realm="x", ${EXAMPLE[1]}`)?.algorithm, "MD5");
    for (const header of [undefined, "", 'Basic realm="x"', "Digest", 'Digest realm="x"', 'Digest realm="x", nonce="y", algorithm=MD5-sess', 'Digest realm="x", nonce="y", qop="auth-int"']) assert.equal(challengeOf(header), null);
  });

  test("without qop has neither count nor client nonce", () => {
    const challenge = challengeOf('Digest realm="x", nonce="y"');
    assert.ok(challenge);
    assert.ok(!/nc=|cnonce=|qop=/.test(authorization(challenge, MUFASA)));
  });
});

describe("a session", () => {
  const challenge = (nonce: string, more = ""): string => `HTTP/1.1 401 no\r\nwww-authenticate: Digest realm="r", nonce="${nonce}", qop="auth"${more}\r\ncontent-length: 0\r\n\r\n`;
  const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

  const talking = async (answers: readonly ((request: string) => string)[], requests: number): Promise<{ heard: readonly string[]; said: string[]; session: DigestSession }> => {
    let turn = 0;
    await using miner = await rawMiner((socket, request) => void socket.end((answers[turn++] ?? answers.at(-1) ?? (() => OK))(request)));
    const session = new DigestSession({ username: "root", password: "secret" }, new Lockout("see its passwordFile"));
    const client = new HttpClient(miner.address, { deadlineMs: 1_000, maxBytes: 4_096 });
    const said: string[] = [];
    for (let request = 0; request < requests; request++) {
      said.push(await session.send(client.talk("poll", 2_000, never), { method: "GET", path: "/x" }).then(({ status }) => String(status), (error: Error) => error.message));
    }
    return { heard: [...miner.requests], said, session };
  };

  test("answers one challenge as often as it holds, counting", async () => {
    const { heard, said } = await talking([() => challenge("n1"), () => OK], 3);
    assert.deepEqual(said, ["200", "200", "200"]);
    assert.deepEqual(heard.map((request) => /nc=(\w+)/.exec(request)?.[1] ?? null), [null, "00000001", "00000002", "00000003"]);
    assert.equal(new Set(heard.map((request) => /cnonce="(\w+)"/.exec(request)?.[1])).size, 4);
  });

  test("takes a new nonce when the old one has ended, and a stale one once more", async () => {
    const { heard, said } = await talking([() => challenge("n1"), () => OK, () => challenge("n2"), () => challenge("n3", ", stale=true"), () => OK], 2);
    assert.deepEqual(said, ["200", "200"]);
    assert.equal(heard.length, 5);
    assert.match(heard[4] ?? "", /nonce="n3".*nc=00000001/);
  });

  test("a wrong password is sent once, said once, and never in an error", async () => {
    const { heard, said } = await talking([() => challenge("n1")], 3);
    assert.equal(heard.filter((request) => request.includes("authorization")).length, 1);
    assert.equal(heard.length, 2);
    assert.match(said[0] ?? "", /refused the password; see its passwordFile$/);
    assert.match(said[1] ?? "", /was refused.*tried again in/);
    assert.ok(said.every((text) => !text.includes("secret")));
  });

  test("a miner that wants another login is refused in words", async () => {
    const { said } = await talking([() => 'HTTP/1.1 401 no\r\nwww-authenticate: Basic realm="r"\r\ncontent-length: 0\r\n\r\n'], 1);
    assert.match(said[0] ?? "", /a login this driver does not know/);
  });
});
