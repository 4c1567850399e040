/**
 * What else there is, for somebody whose name does not exist.
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

/** The names of tools that may have been meant, if there is none of this name. */
export async function toolHint(tool: string, client: McpClient): Promise<string | undefined> {
  const tools = await client.listAll("tools/list", "tools").catch(() => []);
  const names = tools.map((one) => fields(one.value).name).filter((name) => typeof name === "string");
  return names.length === 0 || names.includes(tool) ? undefined : didYouMean(tool, names);
}

/** The names of servers that may have been meant, if any is online. */
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
    return undefined; // a hint is no more than that
  }
}

function didYouMean(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const shown = (near.length > 0 ? near : names.slice(0, 5)).map((each) => visibleLine(each, 200)).join(", ");
  return near.length > 0 ? `did you mean ${shown}?` : `there ${names.length === 1 ? "is" : "are"}: ${shown}`;
}
