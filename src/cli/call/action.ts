/** `call`: what it does. @module */
import { type McpClient, RemoteError } from "../../app/call/mcp_client.ts";
import { withGateway, withRemoteServer } from "../../app/call/call.ts";
import { brokerConfig, readBrokerFiles, readClientSealing } from "../../config/mod.ts";
import type { ProxyEvent } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import { visibleText } from "../../core/text.ts";
import { UsageError } from "../../core/usage_error.ts";
import { resolveAddress } from "../../wire/mod.ts";
import { startBrokerLog, withoutRepeatedCauses } from "../broker_choice.ts";
import { type Action, EXIT_FAILURE, EXIT_OK, EXIT_REMOTE_ERROR } from "../command.ts";
import { StatusLine } from "../status_line.ts";
import { terminationSignal } from "../termination.ts";
import type { CallSettings } from "./command.ts";
import { gatewayOpener } from "./gateway_opener.ts";
import { serverHint, toolHint } from "./hints.ts";
import { callTarget } from "./operands.ts";
import { printResult } from "./print_result.ts";
import { visibleJsonText } from "../text.ts";
import { toolArguments } from "./tool_arguments.ts";
import { toolList } from "./tool_list.ts";
import { Waiting } from "./waiting.ts";

/** Calls one tool, or lists them all. */
export const callAction: Action<CallSettings> = async ({ values: given, flags, operands, started, io }) => {
  const { values, tool, operands: rest } = callTarget(given, flags, operands);
  if (values.list && tool !== undefined) throw new UsageError([`--list calls no tool: remove "${tool}"`]);
  const address = resolveAddress(values);
  const args = await toolArguments(rest, () => new Response(Deno.stdin.readable).text());
  const broker = brokerConfig(await readBrokerFiles(values, flags), flags);
  await using log = startBrokerLog(values, broker);
  const warn = (text: string) => log.observe({ type: "warning", text });
  const sealing = values.gateway ? undefined : await readClientSealing(values, broker, address.names, warn);
  const openGateway = values.gateway ? await gatewayOpener(values, broker, warn) : undefined;
  started();
  using termination = terminationSignal();
  using line = new StatusLine(io);
  using waiting = new Waiting(line, address.label, broker.broker.url);
  const observe = withoutRepeatedCauses(log.observe, values.logLevel);
  let hint: string | undefined;
  try {
    const told = (event: ProxyEvent) => {
      waiting.observe(event);
      observe(event);
    };
    const using = <T>(work: (client: McpClient) => Promise<T>) =>
      openGateway === undefined
        ? withRemoteServer({ broker, address, options: values, sealing }, told, termination.signal, work)
        : withGateway(openGateway(told), values.timeout, termination.signal, work);
    return await using(
      async (client) => {
        waiting.asked(tool === undefined ? "tools/list" : tool);
        if (tool === undefined) {
          const tools = await client.listAll("tools/list", "tools", (why) => {
            line.clear();
            io.printError(`warning: ${why}\n`);
          });
          line.clear();
          io.print(
            values.json ? visibleJsonText(`[\n${tools.map(({ text }) => text).join(",\n")}\n]\n`) : toolList(tools),
          );
          return EXIT_OK;
        }
        // Servers with the Erlang SDK (mcp-mqtt-erl e9ca6f7) insist on arguments even where there are none.
        const params = { name: tool, arguments: args };
        const progressed = line.visible ? waiting.progressed.bind(waiting) : undefined;
        const result = await client.request("tools/call", params, progressed).catch(async (error) => {
          if (error instanceof RemoteError) hint = await toolHint(tool, client);
          throw error;
        });
        line.clear();
        if (values.json) io.print(`${visibleJsonText(result.text)}\n`);
        else await printResult(result, tool, values.output, io);
        if (result.get("isError")?.value !== true) return EXIT_OK;
        // The MCP SDKs answer an unknown tool with such a result.
        if (result.get("content")?.text.includes(tool)) hint = await toolHint(tool, client);
        if (hint !== undefined) io.printError(`${hint}\n`);
        return EXIT_REMOTE_ERROR;
      },
    );
  } catch (error) {
    if (termination.signal.aborted) return termination.exitCode;
    if (!(error instanceof Failure || error instanceof RemoteError)) throw error;
    line.clear();
    io.printError(`error: ${visibleText(error.message)}\n`);
    if (error instanceof Failure && error.reason === "no-server-online") {
      hint = await serverHint(address.label, broker, values, termination.signal);
    }
    if (hint !== undefined) io.printError(`${hint}\n`);
    return error instanceof RemoteError ? EXIT_REMOTE_ERROR : EXIT_FAILURE;
  }
};
