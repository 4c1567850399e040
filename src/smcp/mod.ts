/** SMCP: credentials for a child process, handed over on stdio and kept in memory only. @module */
export { receiveCredentials, type Reception, type ReceptionOptions } from "./child_side.ts";
export { type FoundCredentials, readCredentials, type SourceIo } from "./credential_sources.ts";
export { answerWithoutCredentials } from "./no_credentials.ts";
export { deliverCredentials, type DeliveryOptions } from "./parent_side.ts";
