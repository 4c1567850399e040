/**
 * `serve` and `connect` with a broker between them, as processes.
 *
 * @module
 */
import type { TestBroker } from "./embedded_broker.ts";
import { fixture, type Process, type ProcessOptions, startProxy, startServe } from "./proxy.ts";

/** Command line arguments besides those that say where broker and server are. */
export interface BridgeOptions {
  readonly serve?: readonly string[];
  readonly connect?: readonly string[];
  /** The command of the server. @default {the fixture echo_server.ts} */
  readonly command?: readonly string[];
  readonly name?: string;
  readonly serveProcess?: ProcessOptions;
  readonly connectProcess?: ProcessOptions;
}

/** A host's view of a bridge, and what is behind it. */
export interface Bridge extends AsyncDisposable {
  readonly serve: Process;
  readonly host: Process;
}

/** The server that most tests use. */
export const ECHO = fixture("echo_server.ts");

/** Starts both ends; the server is online when this resolves. */
export async function bridge(broker: TestBroker, options: BridgeOptions = {}): Promise<Bridge> {
  const { serve: serveArgs = [], connect: connectArgs = [], command = ECHO, name = "echo" } = options;
  const address = ["--broker", broker.url, "--name", name];
  const serve = await startServe([...serveArgs, ...address, "--", ...command], options.serveProcess);
  const host = startProxy(["connect", ...address, ...connectArgs], options.connectProcess);
  return {
    serve,
    host,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await serve[Symbol.asyncDispose]();
    },
  };
}

/** Initializes the session, and returns the process id of the server that has it. */
export async function initialize(host: Process, id: unknown = 0): Promise<number> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  await host.send({ jsonrpc: "2.0", id, method: "initialize", params });
  const answer = await host.output.next();
  const { result } = JSON.parse(answer) as { result?: { serverInfo: { pid: number } } };
  if (result === undefined) throw new Error(`initialize was answered with ${answer}`);
  await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  return result.serverInfo.pid;
}

/** Asks, and returns the answer. What comes before it is left out. */
// deno-lint-ignore no-explicit-any -- what tests look into has any shape
export async function ask(host: Process, id: unknown, method: string, params?: unknown): Promise<any> {
  await host.send({ jsonrpc: "2.0", id, method, params });
  while (true) {
    const message = await host.output.nextJson();
    if (message.method === undefined && message.id === id) return message;
  }
}

/** The process ids of all server processes that `serve` has told of; its log level has to be `info`. */
export function childrenOf(serve: Process): number[] {
  const pids = serve.errors.seen.map((line) => /(?<! \(tools\)): started process (\d+)/.exec(line)?.[1]);
  return pids.filter((pid) => pid !== undefined).map(Number);
}
