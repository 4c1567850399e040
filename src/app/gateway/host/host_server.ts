/**
 * The MCP server that a host speaks to.
 *
 * @module
 */
import { Server, type ServerContext, type Transport } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Channel } from "../../../core/channel.ts";
import { errorText } from "../../../core/text.ts";
import { CLIENT_INFO } from "../../client_identity.ts";
import { ChannelTransport } from "../../transport.ts";
import { Host } from "./host.ts";
import { ANYTHING, type Json } from "../json.ts";
import { callStates } from "./request_state.ts";

const INFO = { name: `${CLIENT_INFO.implementation} gateway`, version: CLIENT_INFO.version };

/** How often a server may ask during one call. */
const MOST_ROUNDS = 32;

/** Handlers of a host's requests, by method. */
export type Handlers = Readonly<Record<string, (params: Json, context: ServerContext) => Promise<Json> | Json>>;

/** Whoever offers something to a host. */
export interface HostedFleet {
  readonly handlers: Handlers;
  /** The host has told something. */
  notified(method: string): void;
}

/** What a host is offered. */
export interface HostServerConfig {
  readonly instructions: () => string;
  /** Called once, when the host has said which version of the protocol it speaks. */
  readonly connected: (host: Host, states: ReturnType<typeof callStates>) => HostedFleet;
  readonly failed: (text: string) => void;
}

/** Serves a host until its channel ends, or the result is closed. */
export function serveHost(channel: Channel, { instructions, connected, failed }: HostServerConfig) {
  const states = callStates();
  const factory = ({ era }: { era: string }) => {
    const server = new Server(INFO, {
      capabilities: {
        tools: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        prompts: { listChanged: true },
        completions: {},
        logging: {},
      },
      instructions: instructions(),
      inputRequired: { maxRounds: MOST_ROUNDS },
      requestState: { verify: (state, context) => states.verify(state, context) },
    });
    const host = new Host(server, era === "modern");
    const fleet = connected(host, states);
    for (const [method, handle] of Object.entries(fleet.handlers)) {
      server.setRequestHandler(method, { params: ANYTHING }, (params, context) => {
        host.heard(context);
        return handle(params, context);
      });
    }
    server.fallbackNotificationHandler = ({ method }) => Promise.resolve(fleet.notified(method));
    server.onclose = () => host.close();
    return server;
  };
  return serveStdio(factory, {
    transport: new ChannelTransport(channel) as unknown as Transport,
    onerror: (error) => failed(errorText(error)),
  });
}
