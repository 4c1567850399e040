/** The wire profiles. @module */
export type { AddressOptions } from "./address_options.ts";
export type { McpOverMqttAddress } from "./mcp_over_mqtt/address.ts";
export type { RequestResponseAddress } from "./request_response/address.ts";
export type {
  Acceptor,
  Announcement,
  ClientOptions,
  Directory,
  DirectoryOptions,
  IncomingSession,
  MakeLink,
  ProfileAddress,
  ProfileDialer,
  ProfileOptions,
  Role,
  SealingAnswer,
  ServerOptions,
  SessionQoS,
  TopicUse,
  WireProfile,
} from "./profile.ts";
export {
  ADDRESS_SETTINGS,
  addressIn,
  canSeal,
  namesServerClient,
  PROFILES,
  profilesFor,
  resolveAddress,
  type ResolvedAddress,
  withServerClient,
} from "./profiles.ts";
export { RacingDialer } from "./racing_dialer.ts";
export { ServerWatch } from "./server_watch.ts";
