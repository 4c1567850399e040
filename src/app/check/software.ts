/**
 * The name and version of the broker, as far as it gives them.
 *
 * @module
 */
import { errorText } from "../../core/text.ts";
import { type ConnectAnswer, connectToBroker, type ReceivedPacket } from "../../mqtt/mod.ts";
import { waitAtMost } from "../../core/waiting.ts";
import type { Finding } from "./finding.ts";
import { furtherClient, type ProbeOptions } from "./probe.ts";

/** Topics with the broker's version: the first of mosquitto, mochi-mqtt and NanoMQ, the second of EMQX. */
const TOPICS = ["$SYS/broker/version", "$SYS/brokers/+/version"];

/** How long to wait for the version, in ms. It is retained, so it arrives at once. */
const VERSION_TIMEOUT = 200;

/** Asks the broker on a connection of its own, since AWS IoT Core closes it over a forbidden subscription. */
export async function softwareFinding(options: ProbeOptions, protocolVersion: 4 | 5): Promise<Finding> {
  const found = Promise.withResolvers<string>();
  const received = ({ topic, payload }: ReceivedPacket) => {
    const text = new TextDecoder().decode(payload.subarray(0, 100));
    found.resolve(topic.startsWith("$SYS/brokers/") ? `EMQX ${text}` : text);
  };
  const { broker, plan, signal, connect = connectToBroker } = furtherClient(options);
  let said: string | undefined;
  try {
    const connection = await connect({ broker, plan, protocolVersion, received }, signal);
    said = fromAnswer(connection.answer);
    const asked = TOPICS.map((filter) => connection.subscribe([{ filter, qos: 0, noLocal: false }]).catch(() => {}));
    void found.promise.then((text) => said = text);
    await waitAtMost(Promise.race([found.promise, connection.closed]), VERSION_TIMEOUT);
    await connection.end();
    await Promise.all(asked);
  } catch (error) {
    return { name: "broker", value: "not asked", verdict: "note", meaning: errorText(error) };
  }
  return said === undefined
    ? { name: "broker", value: "does not say", verdict: "ok", meaning: "name it in a bug report, with its version" }
    : { name: "broker", value: said, verdict: "ok", meaning: "as the broker names itself" };
}

/**
 * The broker's name or version from CONNACK. MQTT has no property for it, so it is looked for in the user properties.
 */
function fromAnswer({ userProperties }: ConnectAnswer): string | undefined {
  const [, value] = Object.entries(userProperties).find(([name]) => /^(server|broker|version)/i.test(name)) ?? [];
  return value === undefined ? undefined : [value].flat().join(" ");
}
