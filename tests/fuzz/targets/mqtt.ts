/** Targets: MQTT packets and topics. @module */
import assert from "node:assert/strict";
import { PacketWriter } from "../../../src/mqtt/codec/packet_writer.ts";
import { writePublish } from "../../../src/mqtt/codec/publish.ts";
import { ClientProtocol } from "../../../src/mqtt/connection/protocol.ts";
import { isTopicLevel, topicFilterProblem, topicMatches, topicNameProblem } from "../../../src/mqtt/topics.ts";
import { topicsFor } from "../../../src/wire/request_response/topics.ts";
import { mutate } from "../mutate.ts";
import type { Target } from "../target.ts";

/** Whatever a broker sends, a connection takes it or ends, and what it takes can be sent again. */
export const PACKETS: Target = {
  name: "packets",
  begin: (seeds) => ({
    next: async (random) => {
      const protocolVersion = random.once(4) ? 4 : 5;
      const again = new PacketWriter();
      let ended = 0;
      const protocol = new ClientProtocol({
        broker: { url: "mqtt://broker", keepAlive: 60 },
        plan: { clientId: "me" },
        protocolVersion,
        received: (packet) => writePublish(again, packet, 1, 5),
      }, { wrote: () => {}, answered: () => {}, ended: () => ended++ });
      protocol.connect();
      if (!random.once(8)) {
        await protocol.receive(Uint8Array.of(0x20, ...(protocolVersion === 5 ? [3, 0, 0, 0] : [2, 0, 0])));
      }
      protocol.publish({ topic: "t", payload: new Uint8Array(), qos: 1 }, () => {});
      protocol.publish({ topic: "t", payload: new Uint8Array(), qos: 2 }, () => {});
      void protocol.subscribe([{ filter: "t", qos: 1, noLocal: false }]).catch(() => {});
      const bytes = mutate(random, seeds);
      const cut = random.below(bytes.length + 1);
      await protocol.receive(bytes.slice(0, cut));
      await protocol.receive(bytes.slice(cut));
      assert.ok(ended <= 1);
      protocol.lost();
    },
  }),
};

const decoder = new TextDecoder();

/** Topics and filters are judged without a crash, and what is a good topic matches itself and `#`. */
export const TOPICS: Target = {
  name: "topics",
  begin: (seeds) => ({
    next: (random) => {
      const topic = decoder.decode(mutate(random, seeds));
      const filter = decoder.decode(mutate(random, seeds));
      topicFilterProblem(filter);
      topicMatches(filter, topic);
      const topics = topicsFor({
        serverName: "x",
        topic: "mcp/x",
        requestTopic: topic,
      });
      for (const kind of [topics.request, topics.response, topics.closed, topics.instance("i")]) {
        const client = kind.clientOf(filter);
        if (client !== undefined && client !== "") {
          assert.ok(isTopicLevel(client));
          assert.equal(kind.for(client), filter);
        }
      }
      if (topicNameProblem(topic) !== undefined || topic.startsWith("$share/")) return;
      assert.ok(topicMatches(topic, topic));
      assert.equal(topicMatches("#", topic), !topic.startsWith("$"));
    },
  }),
};
