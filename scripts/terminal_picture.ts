/**
 * The picture of the first page: what a terminal shows, from a real run on the embedded broker.
 *
 *     deno task picture
 *
 * @module
 */
import { embeddedBroker } from "../tests/support/embedded_broker.ts";
import { EVERYTHING } from "../tests/support/packages.ts";
import { PROXY_COMMAND } from "../tests/support/proxy.ts";
import { svg } from "./support/terminal_svg.ts";

const PICTURE = new URL("../.github/docs/terminal.svg", import.meta.url);
const NAME = "home/everything";

await using broker = await embeddedBroker();
const environment = { MQTT_URL: broker.url, NO_COLOR: "1" };
const lines: string[] = [];

await using serve = start(["serve", "--name", NAME, "--log-level", "info", "--", ...EVERYTHING]);
lines.push(`$ mcp-mqtt-proxy serve --name ${NAME} -- npx -y @modelcontextprotocol/server-everything &`);
const reader = serve.stderr.pipeThrough(new TextDecoderStream()).getReader();
let log = "";
while (!log.includes(`${NAME} is online on $`)) log += (await reader.read()).value ?? "";
lines.push(...log.split("\n").filter((line) => line.includes(" is online on ")));
await show(`list`, ["list"]);
await show(`call ${NAME} echo message="hello over MQTT"`, ["call", NAME, "echo", "message=hello over MQTT"]);
await show(`call ${NAME} get-sum a:=2 b:=40`, ["call", NAME, "get-sum", "a:=2", "b:=40"]);
await Deno.writeTextFile(PICTURE, svg(lines.map((line) => line.replaceAll(broker.url, "mqtt://localhost:1883"))));

async function show(line: string, args: readonly string[]): Promise<void> {
  await using process = start(args);
  const [output, { code }] = await Promise.all([new Response(process.stdout).text(), process.status]);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`);
  lines.push("", `$ mcp-mqtt-proxy ${line}`, ...output.trimEnd().split("\n"));
}

function start(args: readonly string[]): Deno.ChildProcess {
  const [command = "", ...before] = PROXY_COMMAND;
  return new Deno.Command(command, {
    args: [...before, ...args],
    env: environment,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
