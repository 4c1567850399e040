/**
 * What a client does that may publish whatever it likes, as a process: `attackers.ts NAME URL STATUS-PORT`, until its
 * stdin ends.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { connectAsync, type IClientPublishOptions, type MqttClient } from "mqtt";
import { print } from "../../scripts/support/print.ts";
import { freePort } from "../support/net.ts";

const BASE = "mcp/echo";
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
/** Messages of one attacker that the broker has not acknowledged. */
const WIDTH = 20;

type Properties = NonNullable<IClientPublishOptions["properties"]>;

/** The connection of an attacker, which is made again whenever the broker ends it. */
export class Attacker {
  readonly url: string;
  readonly status: number;
  readonly id: string;
  count = 0;
  #client: Promise<MqttClient> | undefined;

  constructor(url: string, status: number) {
    this.url = url;
    this.status = status;
    this.id = `attacker-${freePort()}`;
  }

  async publish(
    topic: string,
    payload: string | Uint8Array,
    properties: Properties = {},
    retain = false,
  ): Promise<void> {
    this.count++;
    try {
      const client = await (this.#client ??= connectAsync(this.url, { protocolVersion: 5, reconnectPeriod: 0 }));
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 5_000));
      const bytes = typeof payload === "string" ? payload : Buffer.from(payload);
      await Promise.race([client.publishAsync(topic, bytes, { qos: 1, retain, properties }), late]);
      if (!client.connected) throw new Error("lost");
    } catch {
      const client = await this.#client?.catch(() => undefined);
      this.#client = undefined;
      client?.end(true);
    }
  }

  /** A request on the topic of one client, who is the attacker unless it is said. */
  request(payload: string | Uint8Array, properties: Properties = {}, client = this.id): Promise<void> {
    const responseTopic = `${BASE}/response/${client}`;
    return this.publish(`${BASE}/request/${client}`, payload, { responseTopic, ...properties });
  }
}

const session = () => crypto.randomUUID().replaceAll("-", "");
const levels = Array.from({ length: 220 }, () => "a").join("/");
const PADDING = "x".repeat(60_000);
const MANY_PROPERTIES = { "mcp-session": Array.from({ length: 20_000 }, () => "x") };

/** One step of each attacker; they are made as fast as the broker takes them. */
export const ATTACKERS: Readonly<Record<string, (attacker: Attacker) => Promise<void>>> = {
  "nobody": () => new Promise((resolve) => setTimeout(resolve, 1_000)),
  "garbage for somebody else": (attacker) =>
    attacker.publish("elsewhere", crypto.getRandomValues(new Uint8Array(2_000))),
  "garbage of 8 bytes": (attacker) => attacker.request("nonsense"),
  "garbage of 2 kB text": (attacker) => attacker.request("x".repeat(2_000)),
  "garbage": (attacker) => attacker.request(crypto.getRandomValues(new Uint8Array(2_000))),
  "garbage to nobody in particular": (attacker) =>
    attacker.publish(`${BASE}/request`, "nonsense", {
      responseTopic: `${BASE}/response/x`,
      correlationData: Buffer.from("1"),
    }),
  "Response Topics of 220 levels": (attacker) =>
    attacker.publish(`${BASE}/request`, PING, { responseTopic: `${BASE}/response/${levels}` }),
  "20,000 user properties": (attacker) => attacker.request(PING, { userProperties: MANY_PROPERTIES }),
  "ids of 1 MB": (attacker) =>
    attacker.request(JSON.stringify({ jsonrpc: "2.0", id: "x".repeat(1_000_000), method: "ping" })),
  "cancellations of 10 MB": (attacker) =>
    attacker.request(JSON.stringify({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: 1, reason: "x".repeat(10_000_000) },
    })),
  "messages of 20 MB": (attacker) =>
    attacker.request(`{"jsonrpc":"2.0","id":1,"method":"x","params":"${"x".repeat(20_000_000)}"}`),
  "a session for each message": (attacker) =>
    attacker.request(PING, { userProperties: { "mcp-session": session(), "mcp-seq": "1" } }),
  "a client for each message": (attacker) => attacker.request(PING, {}, `attacker-${attacker.count % 10_000}`),
  "resume from 0": (attacker) =>
    attacker.request("", { userProperties: { "mcp-session": "attack", "mcp-resume": "0" } }),
  "parts in padded packets": (attacker) =>
    attacker.request("x", {
      userProperties: { "mcp-session": "parts", "mcp-seq": String(attacker.count), "mcp-more": "1", padding: PADDING },
    }),
  "requests that hang": (attacker) =>
    attacker.request(JSON.stringify({ jsonrpc: "2.0", id: attacker.count, method: "hang" }), {
      correlationData: Buffer.from("c"),
    }),
  "valid requests without a pause": (attacker) =>
    attacker.request(JSON.stringify({ jsonrpc: "2.0", id: attacker.count, method: "ping" })),
  "presences": (attacker) => attacker.publish(`${BASE}/presence/fake-${attacker.count % 50_000}`, "{}", {}, true),
  "a presence that comes and goes": (attacker) =>
    attacker.publish(`${BASE}/presence/fake`, attacker.count % 2 === 0 ? "" : '{"shared":true}', {}, true),
  "goodbyes of strangers": (attacker) =>
    attacker.publish(`${BASE}/closed/stranger-${attacker.count}`, '{"method":"notifications/disconnected"}'),
  "forged answers": (attacker) =>
    attacker.publish(`${BASE}/response/honest`, '{"jsonrpc":"2.0","id":7,"result":{}}', {
      userProperties: { "mcp-session": session() },
    }),
  "openings in the convention": (attacker) =>
    attacker.publish(`$mcp-server/honest-server-open/echo`, PING, {
      userProperties: {
        "MCP-COMPONENT-TYPE": "mcp-client",
        "MCP-MQTT-CLIENT-ID": `attacker-${attacker.count % 10_000}`,
      },
    }),
  "nonsense to the status server": async ({ status }) => {
    await fetch(`http://127.0.0.1:${status}/metrics?${"x".repeat(5_000)}`).then(
      (answer) => answer.body?.cancel(),
      () => {},
    );
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: status });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: [\r\nX: ")).catch(() => {});
    connection.close();
  },
};

if (import.meta.main) {
  const [name = "", url = "", status = ""] = Deno.args;
  const act = ATTACKERS[name];
  if (act === undefined) throw new Error(`No attacker is called "${name}"`);
  const attacker = new Attacker(url, Number(status));
  let attacking = true;
  const attack = async () => {
    while (attacking) await act(attacker).catch(() => {});
  };
  const all = Array.from({ length: WIDTH }, attack);
  for await (const _ of Deno.stdin.readable);
  attacking = false;
  await Promise.race([Promise.all(all), new Promise((resolve) => setTimeout(resolve, 1_000))]);
  print(String(attacker.count));
  Deno.exit();
}
