/**
 * Requesting subscriptions from a broker, and checking its answer.
 *
 * @module
 */
import type { Clock } from "../core/clock.ts";
import type { Observer } from "../core/events.ts";
import { Failure } from "../core/failure.ts";
import type { Redact } from "../core/redaction.ts";
import type { MqttConnection, SubscriptionRequest } from "./connection/connection.ts";
import type { BrokerLimits, QoS, Subscription } from "./link.ts";
import { reasonCodeName } from "./reason_codes.ts";

/** Filters in one SUBSCRIBE: AWS IoT Core takes no more. */
const FILTERS_PER_SUBSCRIBE = 8;

/** The broker has this long to acknowledge subscriptions, in ms. */
const SUBSCRIBE_TIMEOUT = 10_000;

const ALLOWED = "check what the broker allows this user and client id";

/** The callbacks and the clock of a request. */
export interface RequestOptions {
  readonly clock: Clock;
  readonly redactTopic: Redact;
  readonly observe: Observer;
  /** Told of each subscription that the broker has answered. */
  readonly answered: (subscription: Subscription) => void;
  /** Told why the connection is dropped, before it is. */
  readonly dropping: (cause: string) => void;
}

/** The subscriptions that are sent in one SUBSCRIBE. */
export type Batch = readonly Subscription[];

/** The subscriptions that can be sent together with CONNECT, since their requests do not depend on CONNACK. */
export function earlyBatches(subscriptions: readonly Subscription[]): Batch[] {
  return plainBatches(subscriptions.filter(({ share, identifier }) => share === undefined && identifier === undefined));
}

/** The requests of a batch that is sent with CONNECT. */
export function earlyRequests(batch: Batch): SubscriptionRequest[] {
  return batch.map(({ filter, qos, noLocal = false }) => ({ filter, qos, noLocal }));
}

/**
 * Subscribes. A refused subscription without a handler for that makes the link useless.
 *
 * @param early the batches that were sent with CONNECT
 * @returns the refusal of such a subscription; `undefined` when there is none, and also when the connection ends
 * meanwhile, as it does when the broker does not answer
 */
export async function requestSubscriptions(
  connection: MqttConnection,
  limits: BrokerLimits,
  subscriptions: readonly Subscription[],
  options: RequestOptions,
  early: readonly Batch[] = [],
): Promise<Failure | undefined> {
  const left = subscriptions.filter((subscription) => !early.some((batch) => batch.includes(subscription)));
  // All SUBSCRIBEs are sent at once, so that none waits for the answer to another.
  const asked = [
    ...early.map((batch, index) => ({ batch, codes: connection.early[index] ?? Promise.resolve([]) })),
    ...batches(left).map((batch) => ({
      batch,
      codes: connection.subscribe(batch.map((one) => toRequest(one, limits))),
    })),
  ];
  for (const { codes } of asked) codes.catch(() => {}); // each one is awaited below
  let fatal: Failure | undefined;
  for (const { batch, codes } of asked) {
    const granted = await grants(connection, codes, options);
    if (granted === undefined) return fatal;
    for (const [index, subscription] of batch.entries()) {
      const code = granted[index] ?? 0x80;
      options.answered(subscription);
      if (code < 0x80) {
        subscription.granted?.(code as QoS);
        continue;
      }
      const filter = options.redactTopic(subscription.filter);
      const failure = subscriptionRefusal(filter, reasonCodeName(code), code);
      if (subscription.tellsRefusal !== true) {
        options.observe({ type: "subscription.refused", filter, cause: failure.message });
      }
      if (subscription.refused === undefined) fatal ??= failure;
      else subscription.refused(failure);
    }
  }
  return fatal;
}

/** The broker's reason codes, in the order of the requests; `undefined` when the connection has ended. */
async function grants(
  connection: MqttConnection,
  codes: Promise<readonly number[]>,
  { clock, dropping }: RequestOptions,
): Promise<readonly number[] | undefined> {
  const cancel = clock.after(SUBSCRIBE_TIMEOUT, () => {
    dropping(`the broker did not acknowledge the subscriptions within ${SUBSCRIBE_TIMEOUT / 1000} s`);
    connection.destroy();
  });
  try {
    return await Promise.race([codes, connection.closed.then(() => undefined)]);
  } catch {
    connection.destroy(); // it is useless without its subscriptions
  } finally {
    cancel();
  }
}

/** Remedies for a refused subscription, by reason code. */
const REMEDIES: Readonly<Record<number, string>> = {
  0x80: ALLOWED,
  0x87: ALLOWED,
  0x83: "the broker has a rule of its own against it",
  0x8f: "the broker does not take such filters",
  0x97: "the client has as many subscriptions as the broker allows, or more",
  0x9e: "the broker has no shared subscriptions: add --no-share",
  0xa1: "the broker has no Subscription Identifiers",
  0xa2: "the broker has no subscriptions with wildcards",
};

/**
 * The failure of a subscription that the broker does not grant.
 *
 * @param how how the broker has refused it
 */
export function subscriptionRefusal(filter: string, how: string, reasonCode: number | undefined): Failure {
  const remedy = REMEDIES[reasonCode ?? 0x80] ?? "the log of the broker may say more";
  const text = `The broker does not grant the subscription to "${filter}": ${how}; ${remedy}`;
  const reason = remedy === ALLOWED ? "not-authorized" : "subscribe-refused";
  return new Failure(reason, text, { filter, ...(reasonCode === undefined ? {} : { reasonCode }) });
}

/** The SUBSCRIBEs to send: several filters in one, but a filter with an identifier alone. */
function batches(subscriptions: readonly Subscription[]): Batch[] {
  return [
    ...plainBatches(subscriptions.filter(({ identifier }) => identifier === undefined)),
    ...subscriptions.filter(({ identifier }) => identifier !== undefined).map((subscription) => [subscription]),
  ];
}

function plainBatches(subscriptions: readonly Subscription[]): Batch[] {
  const count = Math.ceil(subscriptions.length / FILTERS_PER_SUBSCRIBE);
  return Array.from(
    { length: count },
    (_, index) => subscriptions.slice(index * FILTERS_PER_SUBSCRIBE, (index + 1) * FILTERS_PER_SUBSCRIBE),
  );
}

/** The topic filter by which the broker knows a subscription: that of its group, if it is shared. */
export function requestedFilter({ filter, share }: Subscription, limits: BrokerLimits): string {
  return share !== undefined && limits.sharedSubscriptionAvailable ? `$share/${share}/${filter}` : filter;
}

function toRequest(subscription: Subscription, limits: BrokerLimits): SubscriptionRequest {
  const { qos, noLocal = false, identifier } = subscription;
  return {
    filter: requestedFilter(subscription, limits),
    qos,
    noLocal,
    ...(identifier === undefined || !limits.subscriptionIdentifiersAvailable ? {} : { identifier }),
  };
}
