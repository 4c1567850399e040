/** Flags, environment and files, as validated and typed settings. @module */
export { type BrokerConfig, brokerConfig } from "./broker_config.ts";
export { readBrokerFiles } from "./broker_files.ts";
export { BROKER_SETTINGS, type BrokerOptions, CONNECTION_SETTINGS, type ConnectionOptions } from "./broker_settings.ts";
export { brokerVariables } from "./broker_variables.ts";
export { brokerUrls } from "./broker_url.ts";
export {
  clientSealingOf,
  knownSealing,
  knownServerKey,
  ownPublicKey,
  readClientSealing,
  readKnownKeys,
  readServerSealing,
  sealKeyProblem,
  serverSealingOf,
} from "./sealing.ts";
export {
  AUTHORIZED_KEY_SETTINGS,
  type AuthorizedKeyOptions,
  isSealKey,
  KNOWN_SERVER_SETTINGS,
  type KnownServerOptions,
} from "./seal_settings.ts";
export { isPem } from "./certificates.ts";
export { CONNECT_SETTINGS, type ConnectOptions } from "./connect_settings.ts";
export {
  type BrokerLogin,
  CREDENTIAL_KEYS,
  CredentialError,
  CREDENTIALS_SCHEMA,
  environmentCredentials,
  LOGIN_FLAGS,
  readBrokerLogin,
} from "./credentials.ts";
export {
  clientIdProblem,
  listOf,
  oneText,
  onOff,
  seconds,
  secondsOrNone,
  serverName,
  text,
  textWithout,
  topicName,
  topicPrefix,
  wholeNumber,
} from "./kinds.ts";
export { CLOSED_TOPIC } from "./closed_topic.ts";
export { CLIENT_PLACEHOLDER, filled, placeholderNeeds } from "./placeholders.ts";
export {
  END_SETTINGS,
  type EndOptions,
  LOG_SETTINGS,
  MESSAGE_SETTINGS,
  type MessageOptions,
  STATUS_SETTINGS,
  TRACE_CONTEXT_SETTINGS,
  TRACE_SETTINGS,
  type TraceContextOptions,
} from "./common_settings.ts";
export { environmentOf, type RestartPolicyName, SERVE_SETTINGS, type ServeOptions } from "./serve_settings.ts";
export { readServerEntries, type ServerEntry } from "./server_entries.ts";
export {
  choicesOf,
  flagName,
  fromOptions,
  isGiven,
  isSwitch,
  namesFile,
  resolve,
  type Setting,
  type Settings,
  type SettingsOf,
  type Values,
} from "./setting.ts";
export {
  CREDENTIAL_SOURCE_SETTINGS,
  type CredentialSource,
  credentialSource,
  HANDSHAKE_SETTINGS,
  type HandshakeOptions,
  SMCP_CHILD_SETTINGS,
  SMCP_SETTINGS,
  type SmcpOptions,
} from "./smcp_settings.ts";
export { readTopicFile, type TopicDescription } from "./topic_file.ts";
export { PERMISSION_SETTINGS, type PermissionOptions, TOOL_SETTINGS, type ToolOptions } from "./tools_settings.ts";
