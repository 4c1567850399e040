/**
 * The least that a bridge on Deno can be: what comes on stdin goes into one PUBLISH, and what comes by MQTT goes to
 * stdout. It knows neither lines nor messages nor sessions, and loses what the broker loses.
 *
 *     deno run -A scripts/bench/pump.ts serve BROKER NAME -- COMMAND [ARGUMENTS...]
 *     deno run -A scripts/bench/pump.ts connect BROKER NAME
 *
 * @module
 */
import { connectStream } from "../../src/mqtt/connection/stream.ts";

const [side = "", url = "", name = "", , command = "", ...args] = Deno.args;
const ways = { serve: [`pump/${name}/to`, `pump/${name}/from`], connect: [`pump/${name}/from`, `pump/${name}/to`] };
const [incoming = "", outgoing = ""] = ways[side === "serve" ? "serve" : "connect"];

const child = side === "serve"
  ? new Deno.Command(command, { args, stdin: "piped", stdout: "piped" }).spawn()
  : undefined;
const input = child?.stdout ?? Deno.stdin.readable;
const output = (child?.stdin ?? Deno.stdout.writable).getWriter();

const connection = await connectStream({
  broker: { url, keepAlive: 60 },
  plan: { clientId: crypto.randomUUID() },
  protocolVersion: 5,
  received: ({ payload }) => void output.write(payload.slice()),
}, new AbortController().signal);
await connection.subscribe([{ filter: incoming, qos: 0, noLocal: true }]);
if (child !== undefined) Deno.stderr.writeSync(new TextEncoder().encode("ready\n"));
for await (const payload of input) connection.publish({ topic: outgoing, payload, qos: 0 }, () => {});
Deno.exit(0);
