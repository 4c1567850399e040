/**
 * Suggestions for a tool or a server that does not exist.
 *
 * @module
 */
import { list } from "../../app/list/list.ts";
import type { McpClient } from "../../app/call/mcp_client.ts";
import type { BrokerConfig, Values } from "../../config/mod.ts";
import { nearest } from "../nearest.ts";
import { visibleLine } from "../text.ts";
import type { CallSettings } from "./command.ts";
import { fields } from "./tool_result.ts";

/** A hint with similar tool names, if there is no tool of this name. */
export async function toolHint(tool: string, client: McpClient): Promise<string | undefined> {
  const tools = await client.listAll("tools/list", "tools").catch(() => []);
  const names = tools.map((one) => fields(one.value).name).filter((name) => typeof name === "string");
  return names.length === 0 || names.includes(tool) ? undefined : didYouMean(tool, names);
}

/** A hint with similar names of servers, if any are online. */
export async function serverHint(
  name: string,
  broker: BrokerConfig,
  address: Values<CallSettings>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { servers } = await list({ broker, address, connectTimeout: 2_000, wait: 200 }, () => {}, signal);
    const names = servers.map((server) => server.name).filter((other) => other !== name);
    return names.length === 0 ? undefined : didYouMean(name, names);
  } catch {
    return undefined; // a missing hint is no error
  }
}

function didYouMean(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const shown = (near.length > 0 ? near : names.slice(0, 5)).map((each) => visibleLine(each, 200)).join(", ");
  return near.length > 0 ? `did you mean ${shown}?` : `there ${names.length === 1 ? "is" : "are"}: ${shown}`;
}
