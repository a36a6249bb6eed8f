/** The edge-node assertions of Sparkplug 3.0, each a test of its own name. docs/sparkplug.md lists them, and those that are not for a rack. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BUDGET } from "../../agent/report/farm/tables.ts";
import type { OutgoingMessage } from "../../agent/runtime/link.ts";
import { codec, decoded, Stand, type Published } from "./stand.ts";

/** One check for assertions that say the same of different chapters. */
function holds(ids: readonly string[], check: () => void): void {
  for (const id of ids) test(`tck-id-${id}`, check);
}

/** A life with everything in it: births, data, a death of a device and its return, a rebirth, history. */
function lived(): { readonly stand: Stand; readonly all: readonly Published[] } {
  const stand = new Stand();
  stand.connect(7);
  stand.look(2);
  stand.rack["powerW"] = 15_000;
  stand.machine("asic-1", { powerW: 2_000, state: "ramping" });
  stand.look(8);
  stand.silence("asic-2");
  stand.look(2);
  stand.machine("asic-2", {});
  stand.look(2);
  stand.rebirth();
  stand.look(8);
  stand.node.disconnected();
  stand.rack["powerW"] = 9_000;
  stand.look(20);
  stand.connect(8);
  stand.look(5);
  return { stand, all: stand.published };
}
const of = (all: readonly Published[], ...kinds: readonly string[]): Published[] => all.filter(({ kind }) => kinds.includes(kind));
const [BIRTHS, DATA] = [["NBIRTH", "DBIRTH"], ["NDATA", "DDATA"]] as const;
const every = (messages: readonly Published[], check: (message: Published) => unknown, what: string): void => {
  assert.ok(messages.length > 0, "there are none");
  for (const message of messages) assert.ok(check(message), `${what}: ${JSON.stringify(message).slice(0, 400)}`);
};
const { all, stand: whole } = lived();
const born = (): Stand => {
  const stand = new Stand();
  stand.connect(0);
  stand.look(2);
  return stand;
};
const metric = (message: Published | undefined, name: string) => message?.metrics.find((one) => one.name === name);

describe("topics", () => {
  const form = (kind: string, device: boolean) => (): void => every(of(all, kind), ({ topic }) => new RegExp(`^spBv1\\.0/mining/${kind}/s1-r1${device ? "/[^/+#]+" : ""}$`).test(topic), "topic");
  holds(["topics-nbirth-topic", "message-flow-edge-node-birth-publish-nbirth-topic"], form("NBIRTH", false));
  holds(["topics-dbirth-topic", "message-flow-device-birth-publish-dbirth-topic", "message-flow-device-birth-publish-dbirth-match-edge-node-topic"], form("DBIRTH", true));
  holds(["topics-ndata-topic"], form("NDATA", false));
  holds(["topics-ddata-topic"], form("DDATA", true));
  holds(["topics-ddeath-topic"], form("DDEATH", true));
  holds(["topics-ndeath-topic", "message-flow-edge-node-birth-publish-will-message-topic"], () => assert.equal(whole.will?.topic, "spBv1.0/mining/NDEATH/s1-r1"));
  holds(["topic-structure", "topic-structure-namespace-a", "topic-structure-namespace-valid-group-id", "topic-structure-namespace-valid-edge-node-id", "topic-structure-namespace-valid-device-id"], () =>
    every(all, ({ topic }) => /^spBv1\.0\/[^/+#]+\/[ND](BIRTH|DATA|DEATH)\/[^/+#]+(\/[^/+#]+)?$/.test(topic), "topic"));
  holds(["topic-structure-namespace-device-id-associated-message-types", "topic-structure-namespace-device-id-non-associated-message-types"], () =>
    every(all, ({ kind, topic }) => (topic.split("/").length === 5) === kind.startsWith("D"), "device id"));
  holds(["topic-structure-namespace-unique-device-id"], () => {
    const first = of(all, "DBIRTH").slice(0, 3).map(({ topic }) => topic);
    assert.equal(new Set(first).size, first.length);
  });
  holds(["case-sensitivity-metric-names"], () => every(of(all, ...BIRTHS), ({ metrics }) => new Set(metrics.map(({ name }) => name?.toLowerCase())).size === metrics.length, "names"));
});

describe("quality of service", () => {
  const plain = (kind: string) => (): void => every(of(all, kind), ({ qos, retain }) => qos === 0 && !retain, "QoS 0, not retained");
  holds(["topics-nbirth-mqtt", "payloads-nbirth-qos", "payloads-nbirth-retain", "message-flow-edge-node-birth-publish-nbirth-qos", "message-flow-edge-node-birth-publish-nbirth-retained"], plain("NBIRTH"));
  holds(["topics-dbirth-mqtt", "payloads-dbirth-qos", "payloads-dbirth-retain", "message-flow-device-birth-publish-dbirth-qos", "message-flow-device-birth-publish-dbirth-retained"], plain("DBIRTH"));
  holds(["topics-ndata-mqtt", "payloads-ndata-qos", "payloads-ndata-retain"], plain("NDATA"));
  holds(["topics-ddata-mqtt", "payloads-ddata-qos", "payloads-ddata-retain"], plain("DDATA"));
  holds(["topics-ddeath-mqtt"], plain("DDEATH"));
  holds(["message-flow-edge-node-ncmd-subscribe", "message-flow-device-dcmd-subscribe"], () =>
    assert.deepEqual(new Stand().node.subscriptions, [{ topic: "spBv1.0/mining/NCMD/s1-r1", qos: 1 }, { topic: "spBv1.0/mining/DCMD/s1-r1/+", qos: 1 }]));
});

describe("births", () => {
  holds(["message-flow-edge-node-birth-publish-connect"], () => assert.deepEqual(new Stand().look(5), [], "nothing without a connection"));
  holds(["topics-nbirth-seq-num", "payloads-nbirth-seq", "payloads-sequence-num-req-nbirth", "message-flow-edge-node-birth-publish-nbirth-payload-seq"], () => every(of(all, "NBIRTH"), ({ seq }) => seq === 0, "seq"));
  holds(["topics-nbirth-timestamp", "payloads-nbirth-timestamp", "topics-dbirth-timestamp", "payloads-dbirth-timestamp", "topics-ndata-timestamp", "payloads-ndata-timestamp", "topics-ddata-timestamp", "payloads-ddata-timestamp", "payloads-ddeath-timestamp", "payloads-timestamp-in-UTC"], () =>
    every(all, ({ timestamp }) => timestamp !== null && timestamp > Date.UTC(2026, 0) && timestamp < Date.UTC(2027, 0), "timestamp"));
  holds(["topics-nbirth-bdseq-included", "payloads-nbirth-bdseq", "topics-nbirth-bdseq-matching", "payloads-nbirth-bdseq-repeat", "message-flow-edge-node-birth-publish-nbirth-payload-bdSeq", "payloads-ndeath-bdseq"], () => {
    const stand = new Stand();
    stand.connect(41);
    const [birth] = stand.look();
    assert.deepEqual([metric(birth, "bdSeq")?.value, metric(birth, "bdSeq")?.datatype, metric(birth, "bdSeq")?.kind], [41, 4, "long"]);
    assert.equal(stand.will?.metrics[0]?.value, 41);
  });
  holds(["topics-nbirth-rebirth-metric", "payloads-nbirth-rebirth-req", "operational-behavior-data-commands-rebirth-name", "operational-behavior-data-commands-rebirth-datatype", "operational-behavior-data-commands-rebirth-value", "operational-behavior-data-commands-rebirth-name-aliases"], () =>
    every(of(all, "NBIRTH"), (message) => {
      const rebirth = metric(message, "Node Control/Rebirth");
      return rebirth?.datatype === 11 && rebirth.value === false && rebirth.alias === null;
    }, "rebirth"));
  holds(["topics-nbirth-metric-reqs", "topics-dbirth-metric-reqs", "operational-behavior-data-publish-nbirth", "operational-behavior-data-publish-dbirth"], () => {
    const known = new Map(of(all, ...BIRTHS).flatMap(({ metrics }) => metrics.map(({ alias, name }) => [alias, name])));
    every(of(all, ...DATA), ({ metrics }) => metrics.every(({ alias }) => known.has(alias)), "born");
  });
  holds(["topics-nbirth-metrics", "topics-dbirth-metrics", "payloads-name-requirement", "payloads-metric-datatype-req", "payloads-metric-datatype-value", "payloads-metric-datatype-value-type", "operational-behavior-data-publish-nbirth-values", "operational-behavior-data-publish-dbirth-values"], () => {
    const kinds: Readonly<Record<number, string>> = { 4: "long", 10: "double", 11: "boolean", 12: "string" };
    every(of(all, ...BIRTHS), ({ metrics }) => metrics.length > 0 && metrics.every(({ name, datatype, isNull, kind }) => name !== null && datatype !== null && datatype in kinds && (isNull ? kind === null : kind === kinds[datatype])), "metrics");
  });
  holds(["payloads-alias-birth-requirement", "payloads-alias-uniqueness"], () => {
    const aliases = of(all, ...BIRTHS).slice(0, 4).flatMap(({ metrics }) => metrics.filter(({ name }) => name !== "Node Control/Rebirth").map(({ alias }) => alias));
    assert.ok(aliases.length > 40 && aliases.every((alias) => alias !== null));
    assert.equal(new Set(aliases).size, aliases.length);
  });
  holds(["message-flow-device-birth-publish-nbirth-wait", "payloads-dbirth-order", "payloads-ndata-order", "payloads-ddata-order"], () => {
    const order = born().published.map(({ kind }) => kind);
    assert.deepEqual(order, ["NBIRTH", "DBIRTH", "DBIRTH", "DBIRTH"]);
    // A rack too large to be told of at once: still nothing else before the last of them.
    const large = new Stand({ machines: 400 });
    large.connect(0);
    large.rack["powerW"] = 1;
    const kinds = large.look(30).map(({ kind }) => kind);
    const last = kinds.lastIndexOf("DBIRTH");
    assert.deepEqual([kinds[0], kinds.filter((kind) => kind === "DBIRTH").length, kinds.slice(1, last).every((kind) => kind === "DBIRTH")], ["NBIRTH", 401, true]);
  });
  holds(["message-flow-edge-node-birth-publish-nbirth-payload", "message-flow-device-birth-publish-dbirth-payload", "message-flow-edge-node-birth-publish-will-message-payload"], () => assert.ok(of(all, ...BIRTHS).length >= 8 && whole.will !== null, "read from their bytes by a reader of our own"));
});

describe("data", () => {
  holds(["payloads-alias-data-cmd-requirement", "payloads-metric-datatype-not-req"], () => every(of(all, ...DATA), ({ metrics }) => metrics.every(({ name, alias, datatype }) => name === null && alias !== null && datatype === null), "alias alone"));
  holds(["payloads-name-birth-data-requirement", "payloads-metric-timestamp-in-UTC"], () => every(of(all, ...BIRTHS, ...DATA), ({ metrics }) => metrics.every(({ timestamp }) => timestamp !== null && timestamp > Date.UTC(2026, 0)), "timestamps"));
  holds(["topics-ndata-payload", "operational-behavior-data-publish-nbirth-change"], () => {
    const stand = born();
    stand.look(60);
    assert.deepEqual(of(stand.published, "NDATA"), [], "nothing has changed");
    stand.rack["powerW"] = 12_345;
    const [data] = of(stand.look(2), "NDATA");
    assert.deepEqual(data?.metrics.map(({ value }) => value), [12_345]);
  });
  holds(["topics-ddata-payload", "operational-behavior-data-publish-dbirth-change"], () => {
    const stand = born();
    stand.look(200);
    assert.deepEqual(of(stand.published, "DDATA"), []);
    stand.machine("asic-1", { state: "asleep", powerW: 20 });
    assert.deepEqual(of(stand.look(6), "DDATA").flatMap(({ metrics }) => metrics.map(({ value }) => value)), ["asleep", 20]);
  });
  holds(["operational-behavior-data-publish-nbirth-order", "operational-behavior-data-publish-dbirth-order"], () =>
    every(of(all, ...DATA).filter(({ metrics }) => metrics.every(({ historical }) => !historical)), ({ metrics }) => metrics.every(({ timestamp }, index) => index === 0 || (metrics[index - 1]?.timestamp ?? 0) <= (timestamp ?? 0)), "order"));
  holds(["payloads-sequence-num-always-included", "payloads-sequence-num-incrementing", "payloads-dbirth-seq", "payloads-dbirth-seq-inc", "topics-dbirth-seq", "message-flow-device-birth-publish-dbirth-payload-seq", "payloads-ndata-seq", "payloads-ndata-seq-inc", "topics-ndata-seq-num", "payloads-ddata-seq", "payloads-ddata-seq-inc", "topics-ddata-seq-num", "payloads-ddeath-seq", "payloads-ddeath-seq-inc", "payloads-ddeath-seq-number", "topics-ddeath-seq-num"], () => {
    const stand = born();
    for (let round = 0; round < 400; round += 1) {
      stand.rack["powerW"] = 10_000 + (round % 2) * 5_000;
      if (round % 40 === 0) stand.silence("asic-2");
      else stand.machine("asic-2", { powerW: 3_000 });
      stand.look(2);
    }
    assert.ok(stand.published.length > 300 && of(stand.published, "DDEATH").length > 5);
    stand.published.forEach(({ seq }, index) => assert.equal(seq, index % 256));
  });
});

describe("deaths", () => {
  holds(["message-flow-edge-node-birth-publish-will-message", "payloads-ndeath-will-message", "payloads-ndeath-will-message-qos", "payloads-ndeath-will-message-retain", "message-flow-edge-node-birth-publish-will-message-qos", "message-flow-edge-node-birth-publish-will-message-will-retained"], () => assert.deepEqual([whole.will?.qos, whole.will?.retain], [1, false]));
  holds(["payloads-ndeath-seq", "topics-ndeath-seq", "topics-ndeath-payload"], () => assert.deepEqual([whole.will?.seq, whole.will?.metrics.map(({ name }) => name)], [null, ["bdSeq"]]));
  holds(["message-flow-edge-node-birth-publish-will-message-payload-bdSeq"], () => assert.deepEqual([whole.will?.metrics[0]?.datatype, whole.will?.metrics[0]?.kind, whole.will?.metrics[0]?.value], [4, "long", 8]));
  holds(["operational-behavior-device-ddeath"], () => {
    const stand = born();
    stand.silence("asic-1");
    stand.silence("pdu-1");
    assert.deepEqual(stand.look().map(({ kind, topic }) => [kind, topic.split("/")[4]]), [["DDEATH", "asic-1"], ["DDEATH", "pdu-1"]]);
    stand.machine("asic-1", { powerW: 1 });
    assert.deepEqual(stand.look().map(({ kind, topic }) => [kind, topic.split("/")[4]]), [["DBIRTH", "asic-1"]]);
  });
  holds(["operational-behavior-edge-node-intentional-disconnect-ndeath", "payloads-ndeath-will-message-publisher", "payloads-ndeath-will-message-publisher-disconnect-mqtt311"], () => {
    const stand = born();
    const last = stand.node.end(stand.at);
    assert.deepEqual([decoded(last as OutgoingMessage).kind, decoded(last as OutgoingMessage).metrics[0]?.value, stand.look(3)], ["NDEATH", 0, []]);
    assert.equal(new Stand().node.end(0), null, "who has not been born does not die");
  });
});

describe("commands", () => {
  holds(["operational-behavior-data-commands-rebirth-action-1", "operational-behavior-data-commands-rebirth-action-2", "operational-behavior-data-commands-rebirth-action-3"], () => {
    const stand = new Stand();
    stand.connect(12);
    stand.look(10);
    stand.rack["powerW"] = 1_000;
    assert.deepEqual(stand.rebirth(), { kind: "rebirth" });
    const next = stand.look();
    assert.deepEqual(next.map(({ kind }) => kind), ["NBIRTH", "DBIRTH", "DBIRTH", "DBIRTH"]);
    assert.equal(metric(next[0], "bdSeq")?.value, 12);
    assert.equal(metric(next[0], "powerW")?.value, 1_000);
    // Who asks without end is answered every five seconds, and hears no data before that.
    stand.rack["powerW"] = 30_000;
    const kinds = Array.from({ length: 9 }, () => {
      stand.rebirth();
      return stand.look().map(({ kind }) => kind);
    });
    assert.equal(kinds.flat().filter((kind) => kind === "NBIRTH").length, 1, JSON.stringify(kinds));
    assert.ok(kinds.slice(0, 4).every((one) => one.length === 0));
  });
});

describe("the primary host", () => {
  const waiting = (): Stand => {
    const stand = new Stand({ primaryHost: "scada" });
    stand.connect(3);
    return stand;
  };
  holds(["message-flow-edge-node-birth-publish-phid-wait", "operational-behavior-edge-node-birth-sequence-wait", "message-flow-edge-node-birth-publish-phid-wait-online", "operational-behavior-primary-application-state-with-multiple-servers-state-subs"], () => {
    const stand = waiting();
    assert.deepEqual(stand.node.subscriptions.at(-1), { topic: "spBv1.0/STATE/scada", qos: 1 });
    assert.deepEqual(stand.look(5), []);
    assert.deepEqual(stand.host(false, 100), { kind: "leave", death: null });
    assert.deepEqual(stand.look(5), []);
    stand.host(true, 200);
    assert.equal(stand.look()[0]?.kind, "NBIRTH");
  });
  holds(["message-flow-edge-node-birth-publish-phid-wait-id"], () => {
    const stand = waiting();
    stand.host(true, 200, "another");
    assert.deepEqual(stand.look(5), []);
  });
  holds(["message-flow-edge-node-birth-publish-phid-wait-timestamp"], () => {
    const stand = waiting();
    stand.host(false, 300);
    stand.host(true, 200);
    assert.deepEqual(stand.look(5), [], "an old word is late");
    stand.host(true, 300);
    assert.equal(stand.look()[0]?.kind, "NBIRTH");
  });
  holds(["message-flow-edge-node-birth-publish-phid-offline", "operational-behavior-edge-node-termination-host-offline", "operational-behavior-primary-application-state-with-multiple-servers-walk", "operational-behavior-edge-node-termination-host-offline-timestamp"], () => {
    const stand = waiting();
    stand.host(true, 200);
    stand.look(3);
    assert.deepEqual(stand.host(false, 199), { kind: "nothing" }, "an old word ends nothing");
    const left = stand.host(false, 200);
    assert.equal(left.kind === "leave" && left.death !== null && decoded(left.death).kind, "NDEATH");
    assert.deepEqual(stand.look(5), []);
  });
});

test("what the host says wrong is nothing", () => {
  const stand = new Stand({ primaryHost: "scada" });
  stand.connect(0);
  for (const text of ["ONLINE", "{}", '{"online":"true","timestamp":1}', '{"online":true,"timestamp":"1"}', "null", `{"online":true,"timestamp":1,"x":"${"x".repeat(2_000)}"}`]) {
    assert.deepEqual(stand.node.hear("spBv1.0/STATE/scada", Buffer.from(text), 0), { kind: "nothing" }, text);
  }
  assert.deepEqual(stand.look(3), []);
});

test("commands other than a rebirth are refused, whatever they are made of", () => {
  const stand = born();
  const before = stand.published.length;
  const heard = [
    stand.command("NCMD", [{ name: "limitW", value: 99_000 }]),
    stand.command("NCMD", [{ name: "Node Control/Rebirth", value: true }, { name: "limitW", value: 1 }]),
    stand.command("DCMD", [{ alias: 1_001, value: true }], "/asic-1"),
    stand.command("DCMD", [{ name: "Node Control/Rebirth", value: true }], "/asic-1"),
    stand.node.hear("spBv1.0/mining/NCMD/s1-r1", Buffer.from("not a payload"), 0),
    stand.node.hear("spBv1.0/mining/NCMD/s1-r1", Buffer.alloc(70_000), 0),
  ];
  assert.deepEqual(heard.map(({ kind }) => kind), Array.from({ length: 6 }, () => "refused"));
  assert.deepEqual(heard[0], { kind: "refused", topic: "spBv1.0/mining/NCMD/s1-r1", metrics: "limitW" });
  assert.deepEqual(stand.command("NCMD", [{ name: "Node Control/Rebirth", value: false }]), { kind: "nothing" });
  stand.look(5);
  assert.equal(stand.published.length, before);
});

test("what was missed is told as history, with the times it had, and is bounded", () => {
  const stand = born();
  stand.node.disconnected();
  for (let step = 1; step <= 5; step += 1) {
    stand.rack["powerW"] = step * 1_000;
    stand.look(10);
  }
  assert.equal(stand.published.length, 4, "nothing goes out meanwhile");
  const seconds = stand.seconds;
  stand.connect(1);
  const out = stand.look(3);
  assert.deepEqual(out.map(({ kind }) => kind), ["NBIRTH", "DBIRTH", "DBIRTH", "DBIRTH", "NDATA"]);
  const history = out[4]?.metrics ?? [];
  assert.ok(history.every(({ historical, timestamp }) => historical && (timestamp ?? 0) <= stand.at - (stand.seconds - seconds) * 1_000));
  assert.deepEqual(history.map(({ value }) => value), [1_000, 2_000, 3_000, 4_000, 5_000]);

  const long = new Stand({ machines: 100 });
  for (let step = 0; step < 200; step += 1) {
    for (let machine = 1; machine <= 100; machine += 1) long.machine(`asic-${machine}`, { powerW: 1_000 + step * 200 });
    long.rack["powerW"] = step * 1_000;
    long.look(1);
  }
  assert.ok(long.node.missed <= 5_000, `${long.node.missed}`);
});

test("2,000 machines that all move keep within the budget, and none waits for ever", () => {
  const stand = new Stand({ machines: 2_000 });
  stand.connect(1);
  while (stand.node.session !== "open") stand.look();
  const begun = stand.bytes.length;
  for (let second = 0; second < 60; second += 1) {
    for (let index = 1; index <= 2_000; index += 1) stand.machine(`asic-${index}`, { powerW: 2_000 + 500 * (second % 3), frequencyMHz: 400 + 50 * (second % 3) });
    stand.look();
  }
  const moving = stand.bytes.slice(begun);
  const most = Math.max(...moving.slice(10).map((_, from) => moving.slice(from, from + 10).reduce((sum, one) => sum + one, 0) / 10));
  assert.ok(most <= BUDGET.bytesPerSecond + BUDGET.burst / 10, `${most} B/s over 10 s`);
  assert.ok(most > 0.5 * BUDGET.bytesPerSecond, `${most} B/s: there is more to tell than goes`);
  assert.equal(new Set(of(stand.published, "DDATA").map(({ topic }) => topic)).size, 2_000);
});

test("a codec that reads what it wrote, and nothing else", () => {
  const metrics = [{ name: "a", value: 1.5 }, { name: "b", value: "ü" }, { name: "c", value: true }, { name: "d", value: null }, { alias: 7, value: 255, datatype: "Int64" as const }];
  assert.deepEqual(codec.read(codec.encode({ timestamp: 1, metrics })), [
    { name: "a", alias: null, value: 1.5 }, { name: "b", alias: null, value: "ü" }, { name: "c", alias: null, value: true }, { name: "d", alias: null, value: null }, { name: null, alias: 7, value: 255 },
  ]);
  assert.equal(codec.read(codec.encode({ timestamp: 1, metrics: Array.from({ length: 201 }, () => ({ alias: 1, value: 1 })) })), null);
});
