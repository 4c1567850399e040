/**
 * What all tools share.
 *
 * @module
 */
import type { Clock } from "../core/clock.ts";
import type { MqttLink } from "../mqtt/mod.ts";
import type { KeptSubscriptions } from "./subscriptions/kept_subscriptions.ts";
import type { LastValues } from "./subscriptions/last_values.ts";
import type { BufferLimits } from "./subscriptions/message_buffer.ts";
import type { Permissions } from "./permissions.ts";
import type { Replies } from "./subscriptions/replies.ts";
import type { Subscriptions } from "./subscriptions/subscriptions.ts";

/** The connection, and what is kept about it between calls. */
export interface ToolContext {
  readonly link: MqttLink;
  readonly clock: Clock;
  readonly permissions: Permissions;
  readonly subscriptions: Subscriptions;
  readonly kept: KeptSubscriptions;
  readonly replies: Replies;
  readonly lastValues: LastValues;
  /** How much one call may collect. */
  readonly limits: BufferLimits;
  /** How long a call waits for the broker, in ms. */
  readonly connectTimeout: number;
}
