/**
 * Whom the benchmark measures, all with the same face.
 *
 * @module
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { connectAsync } from "mqtt";
import { Process } from "../../tests/support/proxy.ts";

/** What a call asks for; see `echo_server.mjs`. */
export interface CallArguments {
  readonly bytes?: number;
  readonly progress?: number;
  readonly delay?: number;
}

/** Somebody who answers calls. */
export interface Party extends AsyncDisposable {
  /** From the start of the process to the end of the handshake, in ms; `NaN` where there is no such thing. */
  readonly startTime: number;
  /** The process that was started for this party; `undefined` when there is none. */
  readonly pid: number | undefined;
  /** Makes one call, and resolves with the length of the answer's text. */
  call(given?: CallArguments): Promise<number>;
}

/** An MCP server on the stdin and stdout of a process, called by the SDK's client. */
export async function stdioParty([command = "", ...args]: readonly string[]): Promise<Party> {
  const transport = new StdioClientTransport({ command, args, env: Deno.env.toObject(), stderr: "inherit" });
  const client = new Client({ name: "bench", version: "1" });
  const started = performance.now();
  await client.connect(transport);
  const startTime = performance.now() - started;
  return {
    startTime,
    pid: transport.pid ?? undefined,
    async call(given = {}) {
      const params = { name: "echo", arguments: { message: "hello world", ...given } };
      const { content } = await client.callTool(params, undefined, given.progress ? { onprogress: () => {} } : {});
      const [first] = content as { text: string }[];
      return first?.text.length ?? 0;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** A process that sends back what it gets, and MQTT.js on both ends; the least that MQTT costs with that library. */
export async function echoParty(broker: string, qos: 0 | 1): Promise<Party> {
  const name = crypto.randomUUID();
  const echo = [sibling("mqtt_echo.ts"), broker, `echo/${name}`, String(qos)];
  const peer = new Process([Deno.execPath(), "run", "-A", ...echo]);
  await peer.output.find((line) => line === "ready");
  const client = await connectAsync(broker, { protocolVersion: 5 });
  const pending = new Map<number, (length: number) => void>();
  client.on("message", (_, payload) => {
    const { id, text } = JSON.parse(payload.toString());
    pending.get(id)?.(text.length);
    pending.delete(id);
  });
  await client.subscribeAsync(`answer/${name}`, { qos });
  let last = 0;
  return {
    startTime: NaN,
    pid: peer.pid,
    call({ bytes = 11 } = {}) {
      const id = ++last;
      const properties = { responseTopic: `answer/${name}`, correlationData: Buffer.from(String(id)) };
      client.publish(`echo/${name}`, JSON.stringify({ id, text: "x".repeat(bytes) }), { qos, properties });
      return new Promise((resolve) => pending.set(id, resolve));
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(true);
      await peer[Symbol.asyncDispose]();
    },
  };
}

/** The path of a file beside this one. */
export function sibling(name: string): string {
  return new URL(name, import.meta.url).pathname;
}
