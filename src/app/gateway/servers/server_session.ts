/**
 * A session with one server of the fleet.
 *
 * @module
 */
import {
  Client,
  type ClientCapabilities,
  type RequestOptions,
  type VersionNegotiationMode,
} from "@modelcontextprotocol/client";
import { isFailureReason } from "../../../core/failure.ts";
import { orAborted } from "../../../core/waiting.ts";
import { CLIENT_INFO } from "../../client_identity.ts";
import { ChannelTransport } from "../../transport.ts";
import type { FleetChannel } from "./connections.ts";
import { ANYTHING, type Json, membersOf } from "../json.ts";
import { PacedChannel } from "./paced_channel.ts";

/** Receives what a server sends on its own. */
export interface SessionListener {
  /** Answers a request of the server. */
  asked(session: ServerSession, method: string, params: Json, signal: AbortSignal): Promise<Json>;
  /** Takes a notification of the server. */
  notified(session: ServerSession, method: string, params: Json): void;
}

/**
 * How long a server has to say which versions it speaks, in ms. After that, the handshake is tried. If the server refuses
 * it, it was only slow, and gets more time.
 */
const PROBE_TIMEOUT = 2_000;

/** In ms. The channel has its own timeouts, but the SDK insists on one. */
const NO_TIMEOUT = 2 ** 31 - 1;

/** The first version of MCP without a handshake. */
const MODERN = "2026-07-28";

const INFO = { name: CLIENT_INFO.implementation, version: CLIENT_INFO.version };

/** The host checks results of tools itself. */
const NO_VALIDATION = {
  getValidator: () => (data: unknown) => ({ valid: true as const, data: data as never, errorMessage: undefined }),
};

/** Versions of MCP with a handshake, or without one. */
export type Era = "legacy" | "modern";

/** A resource that a server reports changes of. */
export interface Followed {
  /** Resolves when the server no longer reports changes: its process was lost, or it ended the subscription. */
  readonly ended: Promise<unknown>;
  readonly undo: () => Promise<unknown>;
}

/** A session that is open. */
export class ServerSession {
  readonly server: string;
  /** Resolves with the cause when it has ended. */
  readonly closed: Promise<string>;
  readonly #client: Client;
  readonly #channel: FleetChannel;
  #cause = "the server has ended it";
  /** Whether changes are no longer reported, because the process that was asked is lost. */
  #notListening = false;

  private constructor(server: string, client: Client, channel: FleetChannel) {
    this.server = server;
    this.#client = client;
    this.#channel = channel;
    const end = Promise.withResolvers<string>();
    client.onclose = () => end.resolve(this.#cause);
    this.closed = end.promise;
  }

  /** The profile in which the server is reached. */
  get profile(): string {
    return this.#channel.profile();
  }

  /**
   * Opens a session.
   *
   * @param connect makes the channel to the server
   * @param era which versions the server speaks, if that is known
   * @param capabilities what the host can be asked
   * @param signal cancels the opening
   * @throws {Error} when the server cannot be reached, or refuses
   */
  static async open(
    server: string,
    connect: () => FleetChannel,
    era: Era | undefined,
    capabilities: ClientCapabilities,
    listener: SessionListener,
    signal: AbortSignal,
  ): Promise<ServerSession> {
    const mode = era === "legacy" ? "legacy" : "auto";
    try {
      return await ServerSession.#open(server, connect(), mode, capabilities, listener, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRefusal(error)) throw error;
      return await ServerSession.#open(server, connect(), { pin: MODERN }, capabilities, listener, signal).catch(() => {
        throw error;
      });
    }
  }

  static async #open(
    server: string,
    fleetChannel: FleetChannel,
    mode: VersionNegotiationMode,
    capabilities: ClientCapabilities,
    listener: SessionListener,
    signal: AbortSignal,
  ): Promise<ServerSession> {
    const client = new Client(INFO, {
      capabilities,
      versionNegotiation: { mode, ...(mode === "auto" ? { probe: { timeoutMs: PROBE_TIMEOUT } } : {}) },
      jsonSchemaValidator: NO_VALIDATION,
    });
    const { channel, close } = fleetChannel;
    const session = new ServerSession(server, client, fleetChannel);
    client.fallbackRequestHandler = ({ method, params }, { mcpReq }) =>
      listener.asked(session, method, membersOf(params), mcpReq.signal);
    client.fallbackNotificationHandler = ({ method, params }) => {
      listener.notified(session, method, membersOf(params));
      return Promise.resolve();
    };
    const transport = new ChannelTransport(new PacedChannel(channel), close);
    try {
      await orAborted(client.connect(transport, { timeout: NO_TIMEOUT }), signal);
    } catch (error) {
      await transport.close();
      throw error;
    }
    return session;
  }

  /** Which kind of versions the server speaks. */
  get era(): Era {
    return this.modern ? "modern" : "legacy";
  }

  /** Whether the server speaks a version without a handshake, in which it cannot send requests. */
  get modern(): boolean {
    return (this.#client.getNegotiatedProtocolVersion() ?? "") >= MODERN;
  }

  /** What the server can do. */
  get capabilities(): Json {
    return this.#client.getServerCapabilities() ?? {};
  }

  /** Sends a request. The result may be a question. Then the request has to be repeated with the answer. */
  async request(method: string, params: Json, options: RequestOptions = {}): Promise<Json> {
    if (this.#notListening) this.listen().catch(() => {}); // the session can be used without it
    return await this.#client.request({ method, params }, ANYTHING, {
      timeout: NO_TIMEOUT,
      ...options,
      allowInputRequired: true,
    });
  }

  /** Tells the server something. */
  async notify(method: string, params: Json): Promise<void> {
    await this.#client.notification({ method, params });
  }

  /** Asks a server without a handshake to report changes of its lists. */
  async listen(): Promise<void> {
    const { tools, prompts, resources } = this.capabilities;
    const stopped = () => void (this.#notListening = true);
    this.#notListening = false;
    void this.#channel.nextLoss().then(stopped);
    try {
      await this.#client.listen({
        toolsListChanged: membersOf(tools).listChanged === true,
        promptsListChanged: membersOf(prompts).listChanged === true,
        resourcesListChanged: membersOf(resources).listChanged === true,
      });
    } catch (error) {
      if (!isRefusal(error)) stopped();
      throw error;
    }
  }

  /** Asks the server to report changes of a resource. */
  async follow(uri: string): Promise<Followed> {
    const lost = Promise.race([this.#channel.nextLoss(), this.closed]);
    if (this.modern) {
      const subscription = await this.#client.listen({ resourceSubscriptions: [uri] });
      return { ended: Promise.race([lost, subscription.closed]), undo: () => subscription.close() };
    }
    await this.request("resources/subscribe", { uri });
    return { ended: lost, undo: () => this.request("resources/unsubscribe", { uri }) };
  }

  /** Ends the session, and releases its connection. */
  async close(cause: string): Promise<void> {
    this.#cause = cause;
    await this.#client.close();
  }
}

/** Whether the server itself has refused, so that it was reached. */
function isRefusal(error: unknown): boolean {
  const { code, data } = membersOf(error);
  return typeof code === "number" && !isFailureReason(membersOf(data).reason);
}
