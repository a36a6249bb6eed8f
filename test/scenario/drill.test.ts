/** A rehearsed document, lived through: acted on like any other, and marked wherever anything is said of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NODE, NOMINAL, onStage, running } from "./stage.ts";

test("a drill is acted on, and marked in acks, status, telemetry and every event while it binds", () => onStage({}, async (stage) => {
  await running(stage);
  const [acks, telemetry]: { drill?: boolean }[][] = [[], []];
  const heard = (into: { drill?: boolean }[] | undefined) => ({ payload }: { readonly payload: Uint8Array }): void => void into?.push(JSON.parse(Buffer.from(payload).toString("utf8")) as { drill?: boolean });
  stage.broker.observe("acks", `gla/1/demo/${NODE}/ack/+`, heard(acks));
  stage.broker.observe("telemetry", `gla/1/demo/${NODE}/telemetry`, heard(telemetry));
  const events: { readonly name: string; readonly drill?: unknown }[] = [];
  const unfollow = stage.daemon.events.follow((event) => void events.push(event));
  stage.limit([[6_000, 60]], { drill: true, id: "rehearsal" });
  await stage.run(50);
  stage.expect(6_000, "event", "limited");
  stage.expectAtMost(6_000);
  assert.equal((stage.status as unknown as { drill: boolean }).drill, true);
  const ordered = events.filter(({ name }) => name === "setpoint.ordered");
  assert.ok(ordered.length > 0 && ordered.every(({ drill }) => drill === true), JSON.stringify(ordered[0]));
  assert.ok(events.filter(({ name }) => name === "limit.changed" || name === "signal.accepted").every(({ drill }) => drill === true));
  assert.ok(acks?.length === 4 && acks.every(({ drill }) => drill === true), JSON.stringify(acks));
  assert.ok((telemetry?.filter(({ drill }) => drill === true).length ?? 0) > 10);
  await stage.run(60);
  stage.expect(NOMINAL, "allocation");
  assert.equal(telemetry?.at(-1)?.drill, false);
  unfollow();
}));
