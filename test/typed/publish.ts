/** As much of mosquitto_pub as the books use, for machines without it: publish.js BROKER -q QOS -r -t TOPIC -m TEXT | -n. */
import { parseArgs } from "node:util";
import { connectAsync } from "mqtt";

const [broker = "", ...rest] = process.argv.slice(2);
const { values } = parseArgs({ args: rest, options: { qos: { type: "string", short: "q", default: "0" }, retain: { type: "boolean", short: "r", default: false }, topic: { type: "string", short: "t" }, message: { type: "string", short: "m" }, nothing: { type: "boolean", short: "n", default: false } } });
if (values.topic === undefined || (values.message === undefined) !== values.nothing) throw new Error("say -t TOPIC, and -m TEXT or -n");
const client = await connectAsync(broker);
await client.publishAsync(values.topic, values.message ?? "", { qos: values.qos === "0" ? 0 : 1, retain: values.retain });
await client.endAsync();
