import assert from "node:assert/strict";
import { LiveTable } from "../../../src/cli/list/live_table.ts";
import { Process, startServe } from "../../support/proxy.ts";
import { ECHO } from "../../support/bridge.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { eventually } from "../../support/wait.ts";

const [UP, CLEAR] = [/^.\[(\d+)A$/, "\u001b[J"];

/** What a terminal shows after all that was printed, as far as a {@linkcode LiveTable} makes use of one. */
function screen(printed: string): string[] {
  const lines: string[] = [""];
  for (const part of printed.split(new RegExp("(\u001b\\[\\d+A|\u001b\\[J|\r|\n)"))) {
    const up = UP.exec(part)?.[1];
    if (up !== undefined) lines.splice(lines.length - 1 - Number(up), Infinity, "");
    else if (part === "\n") lines.push("");
    else if (part !== CLEAR && part !== "\r") lines[lines.length - 1] += part;
  }
  return lines;
}

const announcement = (serverName: string, online = true) => ({
  profile: "p",
  topic: `mcp/${serverName}/presence/i`,
  online,
  serverName,
  instance: "i",
  address: `mcp/${serverName}`,
  description: "what it does",
  meta: {},
});

const server = (name: string) => ({
  name,
  profiles: ["p"],
  topic: `mcp/${name}`,
  description: "what it does",
  instances: [{ id: "i", profile: "p", topic: `mcp/${name}`, since: undefined }],
});

/** What is on the screen at the end. */
function shown(
  size: { columns: number; rows: number },
  body: (table: LiveTable) => void,
  known = new Map<string, string>(),
): string[] {
  let printed = "";
  {
    using table = new LiveTable(
      (text) => void (printed += text),
      () => size,
      "mqtt://b",
      known,
    );
    body(table);
  }
  return screen(printed).slice(0, -1);
}

const SIZE = { columns: 80, rows: 24 };

Deno.test("the table stands in the place of the one before, with the last changes below it", () => {
  const lines = shown(SIZE, (table) => {
    table.changed(announcement("files"), () => [server("files")]);
    table.changed(announcement("echo"), () => [server("echo"), server("files")]);
    table.changed(announcement("files", false), () => [server("echo")]);
  });
  assert.equal(lines[0], "1 server is online on mqtt://b; Ctrl+C ends this");
  assert.match(lines[1] ?? "", /^NAME +PROFILES +INSTANCES/);
  assert.match(lines[2] ?? "", /^echo +p +1 +- +what it does$/);
  assert.deepEqual(lines.slice(3).map((line) => line.slice(19)), [
    "",
    " + files  p  i  what it does",
    " + echo  p  i  what it does",
    " - files  p  i  what it does",
  ]);
});

Deno.test("a key that is not the known one stands in its row, and an error below the table", () => {
  const sealed = { ...server("files"), instances: server("files").instances.map((one) => ({ ...one, key: "mcp1x" })) };
  const lines = shown(SIZE, (table) => table.changed(announcement("files"), () => [sealed]), new Map([["files", "k"]]));
  assert.match(lines[2] ?? "", /^files +p +1 +- +differs/);
  assert.match(lines[3] ?? "", /^error: files does not show the key that --known-servers has/);
});

Deno.test("nothing is wider or higher than the terminal", () => {
  const names = Array.from({ length: 100 }, (_, index) => `a-rather-long-name-of-a-server-${index}`);
  const lines = shown({ columns: 40, rows: 20 }, (table) => {
    table.changed(announcement("größe日本".repeat(20)), () => names.map(server));
  });
  assert.ok(lines.length < 20, `${lines.length} lines`);
  assert.ok(lines.every((line) => line.length < 40));
  assert.ok(lines.includes("and 90 more"));
});

Deno.test("a lost connection is told in the table, and forgotten when it is back", () => {
  const lost = { type: "broker.lost", broker: "mqtt://b", clientId: "c", cause: "cut", retryIn: 1 } as const;
  const back = { type: "broker.connected", broker: "mqtt://b", clientId: "c", protocolVersion: 5 } as const;
  assert.deepEqual(shown(SIZE, (table) => table.observe(lost)), ["no connection to mqtt://b: cut"]);
  const lines = shown(SIZE, (table) => [lost, back].forEach(table.observe));
  assert.deepEqual(lines, ["no servers are online on mqtt://b; Ctrl+C ends this"]);
});

const LIST = `
const { main } = await import("${new URL("../../../src/cli/mod.ts", import.meta.url).href}");
const code = await main(["list", "--watch", "--broker", Deno.args[0]], {
  environment: () => undefined,
  print: (text) => Deno.stdout.writeSync(new TextEncoder().encode(text)),
  printError: () => {},
  outputSize: () => (${JSON.stringify(SIZE)}),
});
Deno.exit(code);
`;

Deno.test("list --watch in a terminal is such a table, until it is asked to end", async () => {
  await using broker = await embeddedBroker();
  // A process of its own: all commands of this one would end by the signal.
  await using list = new Process([Deno.execPath(), "eval", LIST, broker.url]);
  const printed = () => list.output.seen.map((line) => `${line}\n`).join("");
  {
    await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...ECHO]);
    await eventually(
      "the server is in the table",
      () => /^echo +request-response, mcp-over-mqtt/m.test(screen(printed()).join("\n")),
    );
  }
  await eventually("the server has left it", () => screen(printed())[0]?.startsWith("no servers are online") === true);
  list.kill("SIGTERM");
  assert.equal((await list.status).code, 0);
});

Deno.test("in a terminal that became narrower, the rows that it made of the old lines are cleared too", async () => {
  const size = { columns: 60, rows: 24 };
  const printed: string[] = [];
  using table = new LiveTable(
    (text) => void printed.push(text),
    () => size,
    "mqtt://broker.example.com:1883",
    new Map(),
  );
  size.columns = 20;
  table.resized();
  await eventually("it is drawn again", () => printed.length === 2);
  const [first = "", second = ""] = printed;
  assert.equal(UP.exec(second.slice(0, 4))?.[1], String(Math.ceil(first.trimEnd().length / 20)));
});
