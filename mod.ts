/**
 * MCP over MQTT: transports for the MCP SDK, so that a program can reach an MCP server on a broker, or be one,
 * without any child process.
 *
 * Run as a program, this module is the command line tool: `deno run -A jsr:@x/mcp-mqtt-proxy --help`.
 *
 * @module
 */
export {
  type MqttClientOptions,
  mqttClientTransport,
  type MqttGatewayOptions,
  mqttGatewayTransport,
  type MqttOptions,
  type MqttServer,
  type MqttServerOptions,
  serveMqtt,
} from "./src/app/library.ts";
export type {
  AuthorizedKeyOptions,
  BrokerOptions,
  ConnectOptions,
  KnownServerOptions,
  MessageOptions,
  ServeOptions,
} from "./src/config/mod.ts";
export type { FaceOptions, FleetOptions, PoolOptions } from "./src/app/gateway/settings.ts";
export type { ToolPolicyOptions } from "./src/app/gateway/host/tool_policy.ts";
export type { AddressOptions, McpOverMqttAddress, RequestResponseAddress } from "./src/wire/mod.ts";
export type { Observer, ProxyEvent } from "./src/core/events.ts";
export { Failure, FAILURE_REASONS, type FailureReason } from "./src/core/failure.ts";
export { UsageError } from "./src/core/usage_error.ts";

if (import.meta.main) await import("./main.ts");
