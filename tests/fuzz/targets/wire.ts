/** Targets: the two ends of the request-response profile. @module */
import assert from "node:assert/strict";
import { Failure } from "../../../src/core/failure.ts";
import type { PublishProperties, ReceivedPacket } from "../../../src/mqtt/mod.ts";
import { RequestResponseClient } from "../../../src/wire/request_response/client/client.ts";
import { decodePresence } from "../../../src/wire/request_response/presence.ts";
import { RequestResponseServer } from "../../../src/wire/request_response/server/server.ts";
import { CLIENT_OPTIONS, SERVER_OPTIONS } from "../../support/wire_options.ts";
import { LoopLink } from "../../support/loop_link.ts";
import { mutate } from "../mutate.ts";
import type { Random } from "../random.ts";
import type { Target } from "../target.ts";

const BASE = "mcp/x";
const decoder = new TextDecoder();

/** The names that a session has and that a stranger may try. */
const TEXTS = [
  "1",
  "2",
  "0",
  "-1",
  "999999999999999",
  "0/5",
  "3/5",
  "1/999999999999999",
  "me",
  "",
  "a",
  "request 1",
  'response "x"',
  "session-ended",
  "{client}",
];
const NAMES = [
  "mcp-session",
  "mcp-format",
  "mcp-instance",
  "mcp-seq",
  "mcp-piece",
  "mcp-batch",
  "mcp-end",
  "mcp-more",
  "mcp-id",
  "mcp-ack",
  "mcp-window",
  "mcp-resume",
  "mcp-sent",
  "mcp-closed",
];
const TOPICS = ["request/c1", "request/c2", "request", "instance/me/c1", "closed/c1", "closed/+", "response/c1"];
const RESPONSE_TOPICS = [
  "response/c1",
  "response/c2",
  "response/c1/../../x",
  "response/#",
  "request/c1",
  "presence/me",
];

function text(random: Random, seeds: readonly Uint8Array[]): string {
  return random.once(3) ? decoder.decode(mutate(random, seeds)).slice(0, 64) : random.pick(TEXTS);
}

function properties(random: Random, seeds: readonly Uint8Array[]): PublishProperties {
  const userProperties: Record<string, string | string[]> = {};
  for (let count = random.below(5); count > 0; count--) {
    const value = text(random, seeds);
    userProperties[random.pick(NAMES)] = random.once(10) ? [value, value] : value;
  }
  return {
    ...(random.once(2) ? { userProperties } : {}),
    ...(random.once(3) ? { correlationData: random.bytes(20) } : {}),
    ...(random.once(3) ? { responseTopic: topic(random, RESPONSE_TOPICS, seeds) } : {}),
  };
}

function topic(random: Random, usual: readonly string[], seeds: readonly Uint8Array[]): string {
  return random.once(8) ? text(random, seeds) : `${BASE}/${random.pick(usual)}`;
}

function packet(random: Random, usual: readonly string[], seeds: readonly Uint8Array[]): ReceivedPacket {
  return {
    topic: topic(random, usual, seeds),
    payload: random.once(6) ? new Uint8Array() : mutate(random, seeds),
    qos: random.once(2) ? 0 : 1,
    retain: random.once(10),
    properties: properties(random, seeds),
  };
}

const OPTIONS = { serverName: "x", topic: BASE, maxMessage: 2_000 };

/** How many sessions of the target may be open; as in `serve`, which refuses those beyond its limit. */
const SESSIONS = 20;

/** Whatever is published to a server, it neither crashes nor publishes outside of its own topics. */
export const SERVER: Target = {
  name: "server",
  begin: (seeds) => {
    const link = new LoopLink("me", ({ topic }) => assert.match(topic, /^mcp\/x\/(?:response\/[^+#]+|presence\/me)$/));
    let open = 0;
    const server = new RequestResponseServer(link, {
      ...SERVER_OPTIONS,
      ...OPTIONS,
      clientId: "me",
      share: undefined,
      opened: (session) => {
        open++;
        void session.closed.then(() => open--);
        session.receive((message) => session.send(message));
        if (open > SESSIONS) void session.close(new Failure("too-many-sessions", "Too many"));
      },
    });
    link.open();
    return {
      next: (random) => link.deliver(packet(random, TOPICS, seeds)),
      end: () => server[Symbol.asyncDispose](),
    };
  },
};

const CLIENT_TOPICS = ["response/me", "response/me", "response/you", "presence/s1", "presence/s2", "presence/+"];

/** Whatever is published to a client, it neither crashes nor publishes outside of its own topics. */
export const CLIENT: Target = {
  name: "client",
  begin: async (seeds) => {
    const own = /^mcp\/x\/(?:request\/me|instance\/[^/+#]+\/me|closed\/me)$/;
    const link = new LoopLink("me", ({ topic }) => assert.match(topic, own));
    const client = new RequestResponseClient(link, {
      ...CLIENT_OPTIONS,
      ...OPTIONS,
      clientId: () => "me",
      pick: "first",
      connectTimeout: Infinity,
      timeout: Infinity,
    });
    link.open();
    link.deliver({
      topic: `${BASE}/presence/s1`,
      payload: new Uint8Array([0x7b, 0x7d]),
      qos: 1,
      retain: true,
      properties: {},
    });
    const session = await client.dial(new AbortController().signal);
    session.receive(() => {});
    return {
      next: (random) => {
        const received = packet(random, CLIENT_TOPICS, seeds);
        decodePresence(received.payload);
        link.deliver(received);
      },
      end: async () => {
        await session.close();
        await client[Symbol.asyncDispose]();
      },
    };
  },
};
