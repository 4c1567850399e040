/** The commands and the library, put together. @module */
export { withRemoteServer } from "./call/call.ts";
export { check, type CheckConfig } from "./check/check.ts";
export type { CheckReport, Finding, TopicFinding, Verdict } from "./check/finding.ts";
export { list, type ListConfig, type Listing, watch } from "./list/list.ts";
export { lookForProgram } from "./serve/child_pool.ts";
export { connect } from "./connect/connect.ts";
export { launch, type LaunchConfig, type LaunchHost } from "./launch.ts";
export {
  type MqttClientOptions,
  mqttClientTransport,
  type MqttOptions,
  type MqttServer,
  type MqttServerOptions,
  serveMqtt,
} from "./library.ts";
export { preloadTools, tools, type ToolsConfig } from "./tools.ts";
export { McpClient, type Progress, RemoteError } from "./call/mcp_client.ts";
export { type RemoteServerConfig } from "./connect/remote_server.ts";
export { type ListedInstance, type ListedServer } from "./list/server_registry.ts";
export { serve, type ServeConfig, type ServedEntry } from "./serve/serve.ts";
