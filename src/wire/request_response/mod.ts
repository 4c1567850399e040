/**
 * The request-response profile: MCP as MQTT 5 request and response, on topics of the user's choice.
 *
 * @module
 */
import type { ConnectPlan } from "../../mqtt/mod.ts";
import { disconnected } from "../notifications.ts";
import { longestPacket } from "../packets.ts";
import { address, longestTopics, REQUEST_RESPONSE_ADDRESS_SETTINGS } from "./address.ts";
import type {
  ClientOptions,
  MakeLink,
  ProfileDialer,
  ServerOptions,
  SharedConnectionOptions,
  WireProfile,
} from "../profile.ts";
import { RequestResponseClient } from "./client/client.ts";
import { directory, NAME } from "./directory.ts";
import { RequestResponseServer } from "./server/server.ts";
import { topicUses } from "./topic_uses.ts";
import { ClientTopic, topicsFor } from "./topics.ts";

/**
 * The request-response profile.
 *
 * The MQTT session ends with the connection. The session layer does not need it, and with it the broker would go on
 * sending messages of the shared subscription to a server that is gone. For the same reason wills have no delay. The
 * other end of an MCP session gives a peer that has lost its connection time to come back.
 */
export const requestResponse: WireProfile = {
  name: NAME,
  oldestVersion: 4,
  unavailable: ({ sealed = false, broker }) =>
    sealed && broker.protocolVersion === 4 ? "seals sessions on MQTT 5 alone, but --mqtt-version is 4" : undefined,
  addressSettings: REQUEST_RESPONSE_ADDRESS_SETTINGS,
  address,
  longestTopics,
  topicUses,
  directory,
  accept: (makeLink, options) => {
    const link = makeLink(serverPlan(options));
    const server = new RequestResponseServer(link, options);
    link.open();
    return server;
  },
  sharedPlan,
  dialer,
  probeSealing: async (makeLink, { clientId, ...options }, signal) => {
    const { probeSealing } = await import("./sealed/sealing_probe.ts");
    const link = makeLink({ clientId, ...FOR_SEALING });
    return await probeSealing(link, options, signal).finally(() => link.close());
  },
};

/** What is sealed has no place in MQTT 3.1.1. */
const FOR_SEALING = { protocolVersion: 5, versionNeededFor: "sealed sessions" } as const;

function dialer(makeLink: MakeLink, options: ClientOptions): ProfileDialer {
  const link = makeLink(clientPlan(options.clientId(), options));
  const client = new RequestResponseClient(link, options);
  link.open();
  return {
    dial: (signal) => client.dial(signal),
    unavailableReason: () => client.unavailableReason(),
    hurry: () => client.hurry(),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await link.close();
    },
  };
}

function serverPlan(options: ServerOptions): ConnectPlan {
  const { clientId, serverSealing } = options;
  const topics = topicsFor(options);
  return {
    clientId,
    ...(serverSealing?.allowUnsealed === false ? FOR_SEALING : {}),
    nudgeTopic: topics.response.for(clientId),
    maximumPacket: longestPacket(options),
    will: {
      topic: topics.presence(clientId),
      payload: new Uint8Array(),
      insteadOfEmpty: disconnected(),
      qos: 1,
      retain: true,
    },
  };
}

function sharedPlan({ clientId, closedTopic, sealed, maxMessage }: SharedConnectionOptions): ConnectPlan {
  return {
    clientId,
    ...(sealed ? FOR_SEALING : {}),
    nudgeTopic: `mcp/instance/${clientId}/${clientId}`,
    maximumPacket: longestPacket({ maxMessage }),
    will: { topic: new ClientTopic(closedTopic).for(clientId), payload: disconnected(), qos: 1, retain: false },
  };
}

function clientPlan(clientId: string, options: ClientOptions): ConnectPlan {
  const topics = topicsFor(options);
  return {
    clientId,
    ...(options.clientSealing === undefined ? {} : FOR_SEALING),
    nudgeTopic: topics.instance(clientId).for(clientId),
    maximumPacket: longestPacket(options),
    will: { topic: topics.closed.for(clientId), payload: disconnected(), qos: 1, retain: false },
  };
}
