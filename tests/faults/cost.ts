/**
 * What it costs to read what strangers send: CPU for messages and packets of every shape, beside `JSON.parse`.
 *
 * Run it with `deno run -A tests/faults/cost.ts`; with `--json` it prints what the test reads.
 *
 * @module
 */
import { print } from "../../scripts/support/print.ts";
import { indexOfByte } from "../../src/core/bytes.ts";
import { scanEnvelope } from "../../src/core/json_rpc.ts";
import { Message } from "../../src/core/message.ts";
import { cancelledRequest } from "../../src/relay/mod.ts";
import { PacketSplitter } from "../../src/mqtt/codec/packet_splitter.ts";
import { PacketWriter } from "../../src/mqtt/codec/packet_writer.ts";
import { readPublish, writePublish } from "../../src/mqtt/codec/publish.ts";
import { LineSplitter } from "../../src/stdio/line_splitter.ts";

/** What something costs. */
interface Cost {
  readonly what: string;
  readonly bytes: number;
  /** How many lines or properties that are. */
  readonly items?: number;
  /** Best of several rounds, in ms. */
  readonly ours: number;
  /** The same for the decoder and `JSON.parse`, where that is what others would do. */
  readonly parse?: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function best(work: () => void): number {
  const times = Array.from({ length: 25 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

function response(result: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, result });
}

function repeated<T>(count: number, item: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => item(index));
}

const TOOL = { description: "does something ".repeat(20), inputSchema: { type: "object", properties: { a: {} } } };

const MESSAGES: Readonly<Record<string, string>> = {
  "a list of 400 tools": response({ tools: repeated(400, (index) => ({ name: `tool_${index}`, ...TOOL })) }),
  "strings of 2 bytes": response(repeated(100_000, (index) => `s${index % 10}`)),
  "strings of 40 bytes": response(repeated(15_000, () => "x".repeat(40))),
  "strings of 100 bytes": response(repeated(10_000, () => "x".repeat(100))),
  "strings of 5,000 bytes": response(repeated(200, () => "x".repeat(5_000))),
  "one long string": response("x".repeat(1_000_000)),
  "escapes": response('"\\\n'.repeat(200_000)),
  "backslashes": response("\\".repeat(500_000)),
  "an escape every 50 bytes": response(`${"x".repeat(50)}"`.repeat(20_000)),
  "nesting": `{"id":1,"result":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  "members": JSON.stringify(Object.fromEntries(repeated(50_000, (index) => [`member${index}`, index]))),
  "ids": `{${repeated(50_000, () => '"id":1').join()},"result":1}`,
  "escaped names": `{${repeated(50_000, () => '"\\u0061":1').join()},"id":1,"result":1}`,
  "an id of 500 kB": JSON.stringify({ id: "x".repeat(500_000), result: 1 }),
  "a cancellation of 1 MB": JSON.stringify({
    method: "notifications/cancelled",
    params: { reason: repeated(100_000, () => "y"), requestId: 1 },
  }),
};

function messageCosts(): Cost[] {
  return Object.entries(MESSAGES).map(([what, text]) => {
    const bytes = encoder.encode(text);
    const ours = best(() => {
      scanEnvelope(bytes);
      if (what.startsWith("a cancellation")) cancelledRequest(new Message(bytes));
    });
    return { what, bytes: bytes.length, ours, parse: best(() => void JSON.parse(decoder.decode(bytes))) };
  });
}

function lineCost(items: number, length: number): Cost {
  const bytes = encoder.encode(`${"a".repeat(length)}\n`.repeat(items));
  const ours = best(() => {
    const lines = new LineSplitter(1e9, () => {});
    for (const _ of lines.push(bytes));
  });
  return { what: `${items} lines of ${length} bytes`, bytes: bytes.length, items, ours };
}

/** A packet with this many user properties of one name. */
function packetCost(count: number): Cost {
  const writer = new PacketWriter();
  const userProperties = { x: repeated(count, () => "") };
  const packet = { topic: "a", payload: new Uint8Array(), qos: 0 as const, properties: { userProperties } };
  writePublish(writer, packet, undefined, 5);
  const bytes = writer.take()[0] ?? new Uint8Array();
  const ours = best(() => {
    const packets = new PacketSplitter();
    packets.push(bytes);
    const raw = packets.next();
    if (raw !== undefined) readPublish(raw.bytes, raw.body, 5);
  });
  return { what: `a packet with ${count} user properties`, bytes: bytes.length, items: count, ours };
}

indexOfByte(new Uint8Array(100_000), 1); // which loads what long searches take
await new Promise((resolve) => setTimeout(resolve, 50));
const costs = [
  ...messageCosts(),
  lineCost(500_000, 1),
  lineCost(10_000, 100),
  packetCost(10_000),
  packetCost(100_000),
];
if (Deno.args.includes("--json")) {
  print(JSON.stringify(costs));
} else {
  print("| what is read | bytes | ms | decoded and parsed, ms |\n| --- | ---: | ---: | ---: |");
  for (const { what, bytes, ours, parse } of costs) {
    print(`| ${what} | ${bytes} | ${ours.toFixed(2)} | ${parse?.toFixed(2) ?? ""} |`);
  }
}
