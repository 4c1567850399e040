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

/**
 * How long a client may be away before its sessions end, in seconds. A server's MQTT session ends at once: the broker
 * would go on handing it messages of its shared subscription, and nobody else would get them.
 */
const CLIENT_ABSENCE = 15;

/** The request-response profile. */
export const requestResponse: WireProfile = {
  name: "request-response",
  serverPlan: (clientId, options) => ({
    clientId,
    will: { topic: topicsFor(options).presence(clientId), payload: new Uint8Array(), qos: 1, retain: true },
  }),
  clientPlan: (clientId, options) => ({
    clientId,
    sessionExpiryInterval: CLIENT_ABSENCE,
    will: {
      topic: topicsFor(options).closed.for(clientId),
      payload: disconnected(),
      qos: 1,
      retain: false,
      delay: CLIENT_ABSENCE,
    },
  }),
  accept: (link, options) => new RequestResponseServer(link, options),
  dialer: (link, options) => new RequestResponseClient(link, options),
};
