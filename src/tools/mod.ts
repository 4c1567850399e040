/** The MCP server that gives an agent MQTT. @module */
export type { PermissionRules } from "./permissions.ts";
export { createToolServer, type ToolServerOptions } from "./server.ts";
