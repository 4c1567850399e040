/**
 * The request-response profile: MCP as MQTT 5 request and response, on topics of the user's choice.
 *
 * @module
 */
import type { ConnectPlan } from "../../mqtt/mod.ts";
import type { ClientOptions, MakeLink, ProfileDialer, ServerOptions, WireProfile } from "../profile.ts";
import { RequestResponseClient } from "./client.ts";
import { directory } from "./directory.ts";
import { disconnected } from "./properties.ts";
import { RequestResponseServer } from "./server.ts";
import { topicUses } from "./topic_uses.ts";
import { topicsFor } from "./topics.ts";

/** How long the broker keeps the MQTT session of a client that has lost its connection, in seconds. */
const SESSION_EXPIRY = 300;

/** How long the broker waits for a client to come back before it publishes the client's will, in seconds. */
const WILL_DELAY = 5;

/** The request-response profile. */
export const requestResponse: WireProfile = {
  name: "request-response",
  timeout: () => Infinity,
  topicUses,
  directory,
  accept: (makeLink, options) => {
    const link = makeLink(serverPlan(options));
    const server = new RequestResponseServer(link, options);
    link.open();
    return server;
  },
  dialer,
};

function dialer(makeLink: MakeLink, options: ClientOptions): ProfileDialer {
  const link = makeLink(clientPlan(options.clientId(), options));
  const client = new RequestResponseClient(link, options);
  link.open();
  return {
    dial: (signal) => client.dial(signal),
    obstacle: () => client.obstacle(),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await link.close();
    },
  };
}

function serverPlan(options: ServerOptions): ConnectPlan {
  const { clientId } = options;
  return {
    clientId,
    sessionExpiryInterval: SESSION_EXPIRY,
    will: {
      topic: topicsFor(options).presence(clientId),
      payload: new Uint8Array(),
      qos: 1,
      retain: true,
      delay: WILL_DELAY,
    },
  };
}

function clientPlan(clientId: string, options: ClientOptions): ConnectPlan {
  return {
    clientId,
    sessionExpiryInterval: SESSION_EXPIRY,
    will: {
      topic: topicsFor(options).closed.for(clientId),
      payload: disconnected(),
      qos: 1,
      retain: false,
      delay: WILL_DELAY,
    },
  };
}
