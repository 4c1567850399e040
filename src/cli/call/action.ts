/** `call`: what it does. @module */
import { RemoteError, withRemoteServer } from "../../app/mod.ts";
import { brokerConfig, readBrokerFiles } from "../../config/mod.ts";
import { Failure } from "../../core/failure.ts";
import { UsageError } from "../../core/usage_error.ts";
import { startBrokerLog } from "../broker_choice.ts";
import { resolveAddress } from "../../wire/mod.ts";
import type { CallSettings } from "./command.ts";
import {
  type Action,
  type CommandLineIo,
  EXIT_FAILURE,
  EXIT_INTERRUPTED,
  EXIT_OK,
  EXIT_REMOTE_ERROR,
} from "../command.ts";
import { terminationSignal } from "../termination.ts";
import { toolList } from "./tool_list.ts";
import { type BinaryContent, toolResult } from "./tool_result.ts";
import { errorText, visibleText } from "../../core/text.ts";

/** Calls one tool, or lists them all. */
export const callAction: Action<CallSettings> = async ({ values, flags, operands, started, io }) => {
  const [tool, json, ...rest] = operands;
  if (tool === undefined && !values.list) throw new UsageError(["say which tool to call, or add --list to see them"]);
  if (rest.length > 0 || (values.list && tool !== undefined)) {
    throw new UsageError([`too many arguments: "${(values.list ? operands : rest).join(" ")}"`]);
  }
  const toolArguments = await parseArguments(json);
  const address = resolveAddress(values);
  const broker = brokerConfig(await readBrokerFiles(values, flags), flags);
  started();
  await using log = startBrokerLog(values, broker);
  using termination = terminationSignal();
  const config = { broker, address, options: values };
  try {
    return await withRemoteServer(config, log.observe, termination.signal, async (client) => {
      if (tool === undefined) {
        const tools = await client.listAll("tools/list", "tools");
        io.print(values.json ? `${JSON.stringify(tools, undefined, 2)}\n` : toolList(tools));
        return EXIT_OK;
      }
      // Servers with the Erlang SDK (mcp-mqtt-erl e9ca6f7) insist on arguments even where there are none.
      const result = await client.request("tools/call", { name: tool, arguments: toolArguments });
      if (values.json) io.print(`${JSON.stringify(result, undefined, 2)}\n`);
      else await print(result, tool, values.output, io);
      return result.isError === true ? EXIT_REMOTE_ERROR : EXIT_OK;
    });
  } catch (error) {
    if (termination.signal.aborted) return EXIT_INTERRUPTED;
    if (!(error instanceof Failure || error instanceof RemoteError)) throw error;
    io.printError(`error: ${visibleText(error.message)}\n`);
    return error instanceof RemoteError ? EXIT_REMOTE_ERROR : EXIT_FAILURE;
  }
};

async function parseArguments(text: string | undefined): Promise<Record<string, unknown>> {
  if (text === undefined) return {};
  const json = text === "-" ? await new Response(Deno.stdin.readable).text() : text;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new UsageError([
    `the arguments of the tool must be a JSON object, such as '{"path":"/srv"}'; they are: ${json}`,
  ]);
}

async function print(
  result: Readonly<Record<string, unknown>>,
  tool: string,
  directory: string,
  io: CommandLineIo,
): Promise<void> {
  for (const part of toolResult(result)) {
    if (typeof part === "string") io.print(part.endsWith("\n") ? part : `${part}\n`);
    else io.print(`${await save(part, tool, directory)}\n`);
  }
}

/** Saves content to a file of its own; existing ones stay as they are. */
async function save({ bytes, extension }: BinaryContent, tool: string, directory: string): Promise<string> {
  const name = tool.replaceAll(/[^\w.-]/g, "_");
  try {
    await Deno.mkdir(directory, { recursive: true });
    return await writeNew(bytes, (number) => `${directory}/${name}-${number}${extension}`);
  } catch (cause) {
    throw new UsageError([`--output ${directory} cannot be written to: ${errorText(cause)}`], { cause });
  }
}

async function writeNew(bytes: Uint8Array, fileOf: (number: number) => string): Promise<string> {
  for (let number = 1;; number++) {
    const file = fileOf(number);
    try {
      await Deno.writeFile(file, bytes, { createNew: true });
      return file;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}
