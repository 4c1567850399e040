/** The commands and the library, put together. @module */
export { lookForProgram } from "./child_pool.ts";
export { connect } from "./connect.ts";
export { launch, type LaunchConfig, type LaunchHost } from "./launch.ts";
export {
  type BrokerOptions,
  type MqttClientOptions,
  mqttClientTransport,
  type MqttServer,
  type MqttServerOptions,
  serveMqtt,
  type ServerAddress,
} from "./library.ts";
export { RESTART_POLICIES, type RestartPolicyName } from "./restart_policy.ts";
export { preloadTools, tools, type ToolsConfig } from "./tools.ts";
export { serve, type ServeConfig, type ServedEntry } from "./serve.ts";
