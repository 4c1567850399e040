/**
 * What all tools share.
 *
 * @module
 */
import type { Clock } from "../core/clock.ts";
import type { MqttLink } from "../mqtt/mod.ts";
import type { Confirmation } from "./confirmation.ts";
import type { Permissions } from "./permissions.ts";
import type { CutAnswers } from "./subscriptions/cut_answers.ts";
import type { KeptSubscriptions } from "./subscriptions/kept_subscriptions.ts";
import type { LastValues } from "./subscriptions/last_values.ts";

import type { Replies } from "./subscriptions/replies.ts";
import type { RetainedReader } from "./subscriptions/retained.ts";
import type { Subscriptions } from "./subscriptions/subscriptions.ts";
import type { Surveys } from "./subscriptions/survey.ts";
import type { TopicCatalog } from "./topic_catalog.ts";
import type { TopicUris } from "./topic_uris.ts";

/** The connection, and the state that is kept between calls. */
export interface ToolContext {
  readonly link: MqttLink;
  readonly clock: Clock;
  /** The time of day, in ms since 1970. */
  readonly time: () => number;
  /** The version of this program. */
  readonly version: string;
  readonly permissions: Permissions;
  readonly confirmation: Confirmation;
  /** The operator's descriptions of topics. */
  readonly catalog: TopicCatalog;
  readonly uris: TopicUris;
  readonly subscriptions: Subscriptions;
  readonly kept: KeptSubscriptions;
  readonly surveys: Surveys;
  readonly cutAnswers: CutAnswers;
  readonly retained: RetainedReader;
  readonly replies: Replies;
  readonly lastValues: LastValues;
  /** The size limit of an answer's text, in bytes; a call may set another. */
  readonly maxBytes: number;
  /** How long a call waits for the broker, in ms. */
  readonly connectTimeout: number;
}
