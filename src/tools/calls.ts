/**
 * Offering tools to an MCP host, and answering its calls.
 *
 * @module
 */
import { errorText } from "../core/text.ts";
import { readArguments } from "./arguments.ts";
import type { ToolContext } from "./context.ts";
import { compactSchema } from "./json_schema.ts";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type McpServer,
  type ToolDefinition,
} from "./sdk.ts";
import { jsonSize } from "./text.ts";
import type { Call, Tool } from "./tool.ts";
import { ToolError } from "./tool_error.ts";

/** How long an error may be, in characters. It may quote text of an agent or a broker. */
const LONGEST_ERROR = 4_000;

/** Offers `tools` to the host of `server`. */
export function offer(tools: readonly Tool[], context: ToolContext, server: McpServer): void {
  const definitions = tools.map(define);
  server.server.registerCapabilities({ tools: {} });
  server.server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: definitions }));
  server.server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const { name, arguments: args = {}, _meta } = params;
    const progressToken = _meta?.progressToken;
    const report: Call["report"] = progressToken === undefined ? undefined : (progress, total, message) => {
      const params = { progressToken, progress, total, message };
      // A host that is gone needs no report.
      void extra.sendNotification({ method: "notifications/progress", params }).catch(() => {});
    };
    try {
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new ToolError(unknownTool(name, tools));
      return await answer(tool, args, context, { signal: extra.signal, report });
    } catch (error) {
      return { content: [{ type: "text", text: errorText(error).slice(0, LONGEST_ERROR) }], isError: true };
    }
  });
}

function define({ name, title, description, input, output, annotations }: Tool): ToolDefinition {
  return {
    name,
    title,
    description,
    inputSchema: compactSchema(input, "input"),
    outputSchema: compactSchema(output, "output"),
    annotations,
  };
}

async function answer(
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  context: ToolContext,
  call: Omit<Call, "budget">,
): Promise<CallToolResult> {
  const { value, ignored } = readArguments(tool, args);
  const also = ignored.length === 0 ? {} : { ignored };
  const budget = (value.max_bytes ?? context.maxBytes) - (ignored.length === 0 ? 0 : jsonSize(also));
  const { result, attachments = [] } = await tool.run(value, context, { ...call, budget });
  const structuredContent = { ...result, ...also };
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }, ...attachments], structuredContent };
}

function unknownTool(name: string, tools: readonly Tool[]): string {
  return `There is no tool "${name}" here; there are ${tools.map(({ name }) => name).join(", ")}`;
}
