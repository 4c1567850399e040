/** The wire profiles. @module */
import type { ProfileName, WireProfile } from "./profile.ts";
import { requestResponse } from "./request_response/mod.ts";

export type {
  Acceptor,
  ClientOptions,
  IncomingSession,
  ProfileName,
  ProfileOptions,
  ServerOptions,
  SessionQoS,
  WireProfile,
} from "./profile.ts";

/** Every profile, by its name. */
export const PROFILES: Readonly<Record<ProfileName, WireProfile>> = {
  "request-response": requestResponse,
};
