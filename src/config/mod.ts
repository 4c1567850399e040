/** Flags, environment and files, as validated and typed settings. @module */
export {
  BROKER_SETTINGS,
  type BrokerConfig,
  brokerConfig,
  CONNECTION_SETTINGS,
  readBrokerFiles,
} from "./broker_settings.ts";
export { isPem } from "./certificates.ts";
export { CALL_SETTINGS } from "./call_settings.ts";
export { CHECK_SETTINGS } from "./check_settings.ts";
export { LIST_SETTINGS } from "./list_settings.ts";
export { CONNECT_SETTINGS } from "./connect_settings.ts";
export { HOST_SETTINGS, type HostName } from "./host_settings.ts";
export { LOG_SETTINGS, STATUS_SETTINGS } from "./log_settings.ts";
export { environmentOf, MESSAGE_SETTINGS, type RestartPolicyName, SERVE_SETTINGS } from "./serve_settings.ts";
export { readServerEntries, type ServerEntry } from "./server_entries.ts";
export {
  choicesOf,
  flagName,
  isSwitch,
  namesFile,
  resolve,
  type Setting,
  type Settings,
  type Sources,
  type Values,
} from "./setting.ts";
export {
  type BrokerLogin,
  type ConnectionValues,
  CREDENTIAL_KEYS,
  CredentialError,
  type CredentialKey,
  CREDENTIALS_SCHEMA,
  environmentCredentials,
  LOGIN_FLAGS,
  readBrokerLogin,
} from "./credentials.ts";
export {
  CREDENTIAL_SOURCE_SETTINGS,
  type CredentialSource,
  credentialSource,
  HANDSHAKE_SETTINGS,
  SMCP_CHILD_SETTINGS,
  SMCP_SETTINGS,
} from "./smcp_settings.ts";
export { PERMISSION_SETTINGS, TOOL_SETTINGS } from "./tools_settings.ts";
export { type ProfileChoice, TOPIC_SETTINGS, type TopicConfig, topicConfig } from "./topic_settings.ts";
