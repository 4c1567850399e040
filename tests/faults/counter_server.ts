/**
 * A stdio MCP server that writes down every call it executes, so that it can be counted afterwards which of them ran
 * and how often. For each call it sends three progress notifications; for every tenth it asks the client something
 * before it answers.
 *
 *     counter_server.ts FILE
 */
import { createInterface } from "node:readline";
import { appendFileSync } from "node:fs";
import process from "node:process";

const [, , file = ""] = process.argv;
const PROGRESS_STEPS = 3;
const ASK_EVERY = 10;

/** The calls that wait for the client's answer, by the id of the question. */
const asked = new Map<string, number>();

function send(message: unknown): void {
  process.stdout.write(JSON.stringify(message) + "\n");
}

function answer(id: unknown, number: number): void {
  send({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: String(number) }], number } });
}

function call(id: unknown, number: number, padding: string): void {
  appendFileSync(file, `${number}\n`);
  for (let progress = 1; progress <= PROGRESS_STEPS; progress++) {
    const params = { progressToken: id, progress, total: PROGRESS_STEPS, message: padding };
    send({ jsonrpc: "2.0", method: "notifications/progress", params });
  }
  if (number % ASK_EVERY !== 0) return answer(id, number);
  const question = `${process.pid}-${number}`;
  asked.set(question, number);
  send({ jsonrpc: "2.0", id: question, method: "sampling/createMessage", params: { number } });
  waiting.set(question, id);
}

/** The ids of the calls that wait, by the id of the question. */
const waiting = new Map<string, unknown>();

createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") {
    const serverInfo = { name: "counter", version: "1" };
    return send({
      jsonrpc: "2.0",
      id,
      result: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo },
    });
  }
  if (method === "ping") return send({ jsonrpc: "2.0", id, result: {} });
  if (method === "tools/call") return call(id, params.arguments.number, params.arguments.padding ?? "");
  if (method === undefined && asked.has(id)) {
    answer(waiting.get(id), asked.get(id) ?? -1);
    asked.delete(id);
    waiting.delete(id);
  }
}).on("close", () => process.exit(0));
