/** The simulated grid operator: writes and signs documents by itself, sharing no code with the agent that reads them. */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import type { MemoryBroker } from "../support/memory-link.ts";
import type { Issued } from "./oracle/sight.ts";

export const ROOT = "gla/1/sim/";
export const NODE = "site/s1/rack/r1";

/** The same keys in all lives and runs: making them is slow, and what they sign stands in the journal by its hash. */
const keys = (seedByte: number): { private: KeyObject; public: KeyObject } => {
  // RFC 8410: PKCS #8 of an Ed25519 private key is this prefix and 32 bytes.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seedByte)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return { private: key, public: createPublicKey(key) };
};
const root = keys(1);
const operator = keys(2);
const stranger = keys(3);

export const rootKey = root.public;

export class SimOperator {
  readonly #broker: MemoryBroker;
  readonly #wallNow: () => number;
  readonly #heard: (issued: Issued) => void;
  /** By topic: the last number said there, and until when it binds. */
  readonly #last = new Map<string, { readonly seq: number; readonly until: number }>();
  #seq = 0;

  constructor(broker: MemoryBroker, wallNow: () => number, heard: (issued: Issued) => void) {
    this.#broker = broker;
    this.#wallNow = wallNow;
    this.#heard = heard;
  }

  keys(): void {
    const jwk = operator.public.export({ format: "jwk" });
    const types = ["ALLOCATION", "LIMIT", "EMERGENCY", "RELEASE", "HEARTBEAT"];
    const key = { kid: "op", alg: "Ed25519", key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, types, nodes: ["all", "site/s1"], notAfter: null };
    this.#say("keys", { type: "KEYS", id: "keys-1", aud: "all", keys: [key] }, { kid: "root", key: root.private });
  }

  /** `validForS` from now; `rampPctPerMin` says how fast a raise may go. */
  allocation(body: { readonly maxW: number; readonly validForS: number; readonly heartbeatTimeoutS: number; readonly rampPctPerMin: number; readonly restart: { minOffS: number; randomS: number }; readonly report?: { readonly intervalS: number } }): Issued {
    const now = this.#wallNow();
    return this.#say(`${NODE}/allocation`, {
      type: "ALLOCATION", id: `alloc-${this.#seq + 1}`, exp: iso(now + body.validForS * 1000), validFrom: iso(now), validUntil: iso(now + body.validForS * 1000),
      maxW: body.maxW, failsafe: { limitW: null, heartbeatTimeoutS: body.heartbeatTimeoutS }, restart: { ...body.restart, rampPctPerMin: body.rampPctPerMin }, ...(body.report !== undefined && { report: body.report }),
    });
  }

  limit(body: { readonly limitW: number; readonly forS: number }): Issued {
    const id = `limit-${this.#seq + 1}`;
    return this.#say(`${NODE}/event/${id}`, { type: "LIMIT", id, exp: iso(this.#wallNow() + body.forS * 1000), intervals: [{ start: null, durationS: body.forS, limitW: body.limitW }] });
  }

  cancel(limit: Issued): Issued {
    return this.#say(limit.topic.slice(ROOT.length), { type: "LIMIT", id: limit.id, exp: limit.payload["exp"], status: "CANCELLED", intervals: [] });
  }

  emergency(): Issued {
    return this.#say(`${NODE}/emergency`, { type: "EMERGENCY", id: `stop-${this.#seq + 1}`, action: "STOP" });
  }

  release(emergency: Issued): Issued {
    return this.#say(`${NODE}/emergency`, { type: "RELEASE", id: `release-${this.#seq + 1}`, releases: emergency.id });
  }

  heartbeat(periodS: number): Issued {
    const now = this.#wallNow();
    // What has ended is obeyed no more, and a heartbeat names what is obeyed and no other.
    for (const [topic, { until }] of this.#last) if (until <= now) this.#last.delete(topic);
    const last = Object.fromEntries([...this.#last].map(([topic, { seq }]) => [topic, [0, seq]]));
    return this.#say(`${NODE}/heartbeat`, { type: "HEARTBEAT", id: `hb-${this.#seq + 1}`, exp: iso(this.#wallNow() + 600_000), periodS, last });
  }

  /** A raise that must never be believed. */
  forge(kind: "stranger" | "tampered" | "unsigned" | "wrong-audience" | "garbage", maxW: number): void {
    const now = this.#wallNow();
    const payload = {
      ...this.#envelope("ALLOCATION", `forged-${this.#seq + 1}`), exp: iso(now + 3_600_000), validFrom: iso(now - 1000), validUntil: iso(now + 3_600_000),
      maxW, ...(kind === "wrong-audience" && { aud: "site/s1/rack/r2" }),
    };
    const signed = jws(payload, kind === "stranger" ? stranger.private : operator.private, "op");
    const tampered = { ...signed, payload: base64({ ...payload, maxW: maxW * 2 }) };
    const wire = kind === "garbage" ? "{\"payload\":" : JSON.stringify(kind === "unsigned" ? payload : kind === "tampered" ? tampered : signed);
    this.#publish({ topic: `${ROOT}${NODE}/allocation`, type: "ALLOCATION", id: payload.id, seq: payload.seq, payload, wire, genuine: false }, false);
  }

  /** Sends the same bytes again, as a broker or an attacker would. */
  replay(issued: Issued): void {
    this.#publish({ ...issued, genuine: false }, false);
  }

  #envelope(type: string, id: string) {
    this.#seq += 1;
    return { v: 1, type, id, iss: "sim", aud: NODE, epoch: 0, seq: this.#seq, iat: iso(this.#wallNow()) };
  }

  #say(path: string, body: Record<string, unknown> & { type: string; id: string }, signer = { kid: "op", key: operator.private }): Issued {
    const payload = { ...this.#envelope(body.type, body.id), exp: iso(this.#wallNow() + 86_400_000), ...body };
    const issued: Issued = { topic: ROOT + path, type: body.type, id: body.id, seq: payload.seq, payload, wire: JSON.stringify(jws(payload, signer.key, signer.kid)), genuine: true };
    const until = body.type === "LIMIT" ? Date.parse(payload.exp) : Infinity;
    if (body.type !== "HEARTBEAT") this.#last.set(issued.topic, { seq: payload.seq, until });
    this.#publish(issued, body.type !== "HEARTBEAT");
    return issued;
  }

  #publish(issued: Issued, retain: boolean): void {
    this.#heard(issued);
    if (this.#broker.up) this.#broker.publish({ topic: issued.topic, payload: issued.wire, qos: 1, retain });
    // The operator's own session keeps what it could not hand over: a broker that comes back has it.
    else if (retain) this.#broker.retained.set(issued.topic, { topic: issued.topic, payload: issued.wire, qos: 1, retain });
  }
}

const iso = (at: number): string => new Date(at).toISOString();
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function jws(payload: unknown, key: KeyObject, kid: string): { payload: string; protected: string; signature: string } {
  const header = base64({ alg: "Ed25519", kid });
  const body = base64(payload);
  return { payload: body, protected: header, signature: sign(null, Buffer.from(`${header}.${body}`), key).toString("base64url") };
}
