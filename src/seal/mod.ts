/** End-to-end encryption of sessions, through the broker: keys, the handshake, and packets. @module */
export {
  KeyError,
  privateKeyFile,
  publicKeyText,
  readAuthorizedKeys,
  readKnownServers,
  readPrivateKeyFile,
  readPublicKey,
} from "./keys.ts";
export { type Seal } from "./packets.ts";
export { generateKeyPair, type KeyPair } from "./primitives.ts";
export {
  type AuthorizedClients,
  type ClientHandshake,
  type ClientSealing,
  clientSealing,
  type ServerHandshake,
  type ServerSealing,
  serverSealing,
} from "./sealing.ts";
