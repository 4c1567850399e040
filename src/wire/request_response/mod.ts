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
 * The request-response profile. Its connections have no MQTT session beyond their own end: the session layer needs
 * none, and the broker would go on handing messages of the servers' shared subscription to one that is gone. For the
 * same reason its wills come at once; who was only cut off has time to come back all the same, by the other end's leave.
 */
export const requestResponse: WireProfile = {
  name: "request-response",
  serverPlan: (clientId, options) => ({
    clientId,
    sessionExpiryInterval: 0,
    will: { topic: topicsFor(options).presence(clientId), payload: new Uint8Array(), qos: 1, retain: true },
  }),
  clientPlan: (clientId, options) => ({
    clientId,
    sessionExpiryInterval: 0,
    will: { topic: topicsFor(options).closed.for(clientId), payload: disconnected(), qos: 1, retain: false },
  }),
  accept: (link, options) => new RequestResponseServer(link, options),
  dialer: (link, options) => new RequestResponseClient(link, options),
};
