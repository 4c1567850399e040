/** Joining channels, and keeping the join reliable. @module */
export { AnsweringChannel, type AnsweringOptions } from "./answering_channel.ts";
export { join, type JoinEnd } from "./join.ts";
export { cancelledRequest, INITIALIZE, PING } from "./mcp.ts";
export { MeteredChannel } from "./metered_channel.ts";
export { type Dialer, RecoveringChannel, type RecoveringOptions } from "./recovering_channel.ts";
export { traceparentOf } from "./tracing.ts";
export { backstopOf, timeoutOf } from "./timeouts.ts";
export { SlowPeerChannel } from "./slow_peer_channel.ts";
export { PendingRequests } from "./pending_requests.ts";
export { askedVersion, hasHandshake, inVersion, newestUpTo, offeredVersions } from "./versions.ts";
