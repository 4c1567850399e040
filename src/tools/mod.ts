/** The MCP server that gives an agent MQTT. @module */
export { createToolServer, type ToolServerOptions } from "./server.ts";
export { TopicCatalog } from "./topic_catalog.ts";
