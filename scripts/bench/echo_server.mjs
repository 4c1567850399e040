/**
 * The smallest stdio server there can be: answers every request with a text, without the SDK, so that what is
 * measured is the way there and back. Arguments of a call: `bytes`, how long the text is to be; `progress`, how many
 * progress notifications come first, 5 ms apart; `delay`, how long the answer takes, in ms.
 */
import { createInterface } from "node:readline";
import process from "node:process";

const PROGRESS_EVERY = 5;

const send = (message) => process.stdout.write(JSON.stringify({ ...message, jsonrpc: "2.0" }) + "\n");

createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  if (method === "initialize") {
    const serverInfo = { name: "echo", version: "1" };
    return send({ result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo }, id });
  }
  const { bytes, progress = 0, delay = progress * PROGRESS_EVERY } = params?.arguments ?? {};
  const answer = () => {
    const text = bytes === undefined ? "ok" : "x".repeat(bytes);
    send({ result: { content: [{ type: "text", text }] }, id });
  };
  for (let step = 0; step < progress; step++) {
    const notification = { progressToken: params._meta?.progressToken, progress: step + 1, total: progress };
    setTimeout(() => send({ method: "notifications/progress", params: notification }), step * PROGRESS_EVERY);
  }
  if (delay === 0) answer();
  else setTimeout(answer, delay);
}).on("close", () => process.exit(0));
