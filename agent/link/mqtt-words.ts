/** Our words in mqtt.js's. */
import type { IClientOptions, IClientPublishOptions, MqttClient } from "mqtt";
import type { OutgoingMessage } from "../runtime/link.ts";
import type { SessionOptions } from "./session.ts";

/** 4 is MQTT 3.1.1. */
export type MqttVersion = 4 | 5;

type MessageIds = NonNullable<IClientOptions["messageIdProvider"]>;

interface Mqtt {
  readonly Client: typeof MqttClient;
  readonly MessageIds: new () => MessageIds;
}

let mqtt: Promise<Mqtt> | null = null;

/** Loaded when first connecting, and the client alone: the package's index takes 40 ms more for websockets and proxies. */
export function loadMqtt(): Promise<Mqtt> {
  mqtt ??= Promise.all([import("mqtt/lib/client"), import("mqtt/lib/unique-message-id-provider"), import("mqtt-packet")]).then(([client, ids, packet]) => {
    // Its cache of all 65,536 two-byte numbers is 8 MB and saves nothing at some packets a second.
    packet.default.writeToStream.cacheNumbers = false;
    return { Client: client.default.default, MessageIds: ids.default.default };
  });
  return mqtt;
}

/** Everything of mqtt.js that acts by itself is off. */
export function connectOptions(options: SessionOptions, messageIds: MessageIds): IClientOptions {
  const { clientId, username, password, version, will, keepaliveSeconds, connectTimeoutMs, largestPacket } = options;
  return {
    clientId,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    protocolId: "MQTT",
    protocolVersion: version,
    clean: true,
    keepalive: keepaliveSeconds,
    // Pings go out although we publish: what we send says nothing about a peer that is gone.
    reschedulePings: false,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    connectTimeout: connectTimeoutMs,
    messageIdProvider: messageIds,
    ...(version === 5 && { properties: { maximumPacketSize: largestPacket, receiveMaximum: 100 } }),
    ...(will !== null && { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain } }),
  };
}

export function publishOptions(message: OutgoingMessage, remainingSeconds: number | null, version: MqttVersion): IClientPublishOptions {
  const { qos, retain, contentType, correlation } = message;
  if (version === 4) return { qos, retain };
  return {
    qos,
    retain,
    properties: {
      ...(remainingSeconds !== null && { messageExpiryInterval: remainingSeconds }),
      ...(contentType !== undefined && { contentType }),
      ...(correlation !== undefined && { correlationData: Buffer.from(correlation) }),
    },
  };
}
