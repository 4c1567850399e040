/**
 * The request-response profile: MCP as MQTT 5 request and response, on topics of the user's choice.
 *
 * @module
 */
import type { WireProfile } from "../profile.ts";
import { RequestResponseClient } from "./client.ts";
import { disconnected } from "./properties.ts";
import { RequestResponseServer } from "./server.ts";
import { topicsFor } from "./topics.ts";

/** How long the broker keeps the MQTT session of a client that has lost its connection, in seconds. */
const SESSION_EXPIRY = 300;

/** How long the broker waits for a client to come back before it publishes the client's will, in seconds. */
const WILL_DELAY = 5;

/** The request-response profile. */
export const requestResponse: WireProfile = {
  name: "request-response",
  serverPlan: (clientId, options) => ({
    clientId,
    sessionExpiryInterval: SESSION_EXPIRY,
    will: {
      topic: topicsFor(options).presence(clientId),
      payload: new Uint8Array(),
      qos: 1,
      retain: true,
      delay: WILL_DELAY,
    },
  }),
  clientPlan: (clientId, options) => ({
    clientId,
    sessionExpiryInterval: SESSION_EXPIRY,
    will: {
      topic: topicsFor(options).closed.for(clientId),
      payload: disconnected(),
      qos: 1,
      retain: false,
      delay: WILL_DELAY,
    },
  }),
  accept: (link, options) => new RequestResponseServer(link, options),
  dialer: (link, options) => new RequestResponseClient(link, options),
};
