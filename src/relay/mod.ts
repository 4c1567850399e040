/** Joining channels, and what makes the join reliable. @module */
export { AnsweringChannel, type AnsweringOptions } from "./answering_channel.ts";
export { join, type JoinEnd } from "./join.ts";
export { type Dialer, RecoveringChannel, type RecoveringOptions } from "./recovering_channel.ts";
export { cancelledRequestId } from "./mcp.ts";
export { PendingRequests } from "./pending_requests.ts";
