/**
 * The parts of the MCP SDK that are used here.
 *
 * The package has no types for its exports that end in `.js`, and no code for those that do not. So each module has two
 * names here.
 *
 * @module
 */
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
export { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/shared/uriTemplate"
export { UriTemplate } from "@modelcontextprotocol/sdk/shared/uriTemplate.js";
// @ts-types="@modelcontextprotocol/sdk/types"
export {
  CallToolRequestSchema,
  ListResourcesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
// @ts-types="@modelcontextprotocol/sdk/server/completable"
export { completable } from "@modelcontextprotocol/sdk/server/completable.js";
// @ts-types="@modelcontextprotocol/sdk/validation/ajv-provider"
export { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv-provider.js";
export type { Variables } from "@modelcontextprotocol/sdk/shared/uriTemplate";
export type {
  CallToolResult,
  EmbeddedResource,
  GetPromptResult,
  ImageContent,
  ReadResourceResult,
  Resource,
  Tool as ToolDefinition,
  ToolAnnotations,
} from "@modelcontextprotocol/sdk/types";
