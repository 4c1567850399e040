/**
 * The smallest stdio server there can be: answers every request with a text, without the SDK, so that what is
 * measured is the way there and back. `large` is answered with `params.bytes` bytes.
 */
import { createInterface } from "node:readline";
import process from "node:process";

createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const result = method === "initialize"
    ? {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: "echo", version: "1" },
    }
    : {
      content: [{
        type: "text",
        text: params?.arguments?.bytes === undefined ? "ok" : "x".repeat(params.arguments.bytes),
      }],
    };
  process.stdout.write(JSON.stringify({ result, jsonrpc: "2.0", id }) + "\n");
}).on("close", () => process.exit(0));
