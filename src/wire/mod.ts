/** The wire profiles. @module */
import type { ProfileName, WireProfile } from "./profile.ts";
import { mcpOverMqtt } from "./mcp_over_mqtt/mod.ts";
import { requestResponse } from "./request_response/mod.ts";

export { RacingDialer } from "./racing_dialer.ts";
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
  ProfileName,
  ProfileOptions,
  Role,
  ServerOptions,
  SessionQoS,
  TopicUse,
  WireProfile,
} from "./profile.ts";
export { ServerWatch } from "./server_watch.ts";

/** Every profile, by its name. */
export const PROFILES: Readonly<Record<ProfileName, WireProfile>> = {
  "request-response": requestResponse,
  "mcp-over-mqtt": mcpOverMqtt,
};
