/** Targets: MQTT packets and topics. @module */
import assert from "node:assert/strict";
import { PacketSplitter } from "../../../src/mqtt/codec/packet_splitter.ts";
import { decodePublish, encodePublish, PUBLISH } from "../../../src/mqtt/codec/publish_codec.ts";
import { isTopicLevel, topicFilterProblem, topicMatches, topicNameProblem } from "../../../src/mqtt/topics.ts";
import { topicsFor } from "../../../src/wire/request_response/topics.ts";
import { mutate } from "../mutate.ts";
import type { Target } from "../target.ts";

/** What a broker sends is cut into packets and read, or refused with a RangeError, whatever it is. */
export const PACKETS: Target = {
  name: "packets",
  begin: (seeds) => ({
    next: (random) => {
      const bytes = mutate(random, seeds);
      const splitter = new PacketSplitter();
      const cut = random.below(bytes.length + 1);
      try {
        for (const chunk of [bytes.slice(0, cut), bytes.slice(cut)]) {
          for (const { bytes, body } of splitter.push(chunk)) {
            if ((bytes[0] ?? 0) >> 4 !== PUBLISH) continue;
            const { packet } = decodePublish(bytes, body, random.once(4) ? 4 : 5);
            for (const part of encodePublish({ ...packet, qos: 0 }, 5)) assert.ok(part.length >= 0);
          }
        }
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
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
