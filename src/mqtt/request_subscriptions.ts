/**
 * Asking a broker for subscriptions, and looking at its answer.
 *
 * @module
 */
import type { Clock } from "../core/clock.ts";
import type { Observer } from "../core/events.ts";
import { Failure } from "../core/failure.ts";
import type { Redact } from "../core/redaction.ts";
import type { MqttConnection, SubscriptionRequest } from "./connection/connection.ts";
import type { BrokerLimits, Subscription } from "./link.ts";
import { reasonCodeName } from "./reason_codes.ts";

/** Filters in one SUBSCRIBE: AWS IoT Core takes no more. */
const FILTERS_PER_SUBSCRIBE = 8;

/** The broker has this long to acknowledge subscriptions, in ms. */
const SUBSCRIBE_TIMEOUT = 10_000;

/** What is told to whom. */
export interface RequestOptions {
  readonly clock: Clock;
  readonly redact: Redact;
  readonly observe: Observer;
  /** Told why the connection is dropped, before it is. */
  readonly printError: (complaint: string) => void;
}

/**
 * Subscribes. A refusal that the subscription does not care for itself makes the link useless.
 *
 * @returns that refusal, if there is one; nothing also when the connection ends meanwhile, as it does when the broker
 * does not answer
 */
export async function requestSubscriptions(
  connection: MqttConnection,
  limits: BrokerLimits,
  subscriptions: readonly Subscription[],
  options: RequestOptions,
): Promise<Failure | undefined> {
  let fatal: Failure | undefined;
  for (const batch of batches(subscriptions)) {
    const requests = batch.map((subscription) => toRequest(subscription, limits));
    const codes = await grants(connection, requests, options);
    if (codes === undefined) return fatal;
    for (const [index, subscription] of batch.entries()) {
      const code = codes[index] ?? 0x80;
      if (code < 0x80) continue;
      const filter = options.redact(subscription.filter);
      const failure = refusal(filter, code);
      options.observe({ type: "subscription.refused", filter, cause: failure.message });
      if (subscription.refused === undefined) fatal ??= failure;
      else subscription.refused(failure);
    }
  }
  return fatal;
}

/** The broker's reason codes, in the order of the requests; `undefined` when the connection has ended. */
async function grants(
  connection: MqttConnection,
  requests: readonly SubscriptionRequest[],
  { clock, printError }: RequestOptions,
): Promise<readonly number[] | undefined> {
  const cancel = clock.after(SUBSCRIBE_TIMEOUT, () => {
    printError(`the broker did not acknowledge the subscriptions within ${SUBSCRIBE_TIMEOUT / 1000} s`);
    connection.destroy();
  });
  try {
    return await Promise.race([connection.subscribe(requests), connection.closed.then(() => undefined)]);
  } catch {
    connection.destroy(); // without its subscriptions it is of no use
  } finally {
    cancel();
  }
}

function refusal(filter: string, reasonCode: number): Failure {
  const name = reasonCodeName(reasonCode);
  const text =
    `The broker does not grant the subscription to "${filter}": ${name}; check what the broker allows this ` +
    "user and client id";
  return new Failure("not-authorized", text, { filter, reasonCode });
}

/** What goes into one SUBSCRIBE each: several filters, or one that has an identifier. */
function* batches(subscriptions: readonly Subscription[]): Generator<readonly Subscription[]> {
  const plain = subscriptions.filter(({ identifier }) => identifier === undefined);
  for (let start = 0; start < plain.length; start += FILTERS_PER_SUBSCRIBE) {
    yield plain.slice(start, start + FILTERS_PER_SUBSCRIBE);
  }
  for (const subscription of subscriptions) {
    if (subscription.identifier !== undefined) yield [subscription];
  }
}

function toRequest(subscription: Subscription, limits: BrokerLimits): SubscriptionRequest {
  const { filter, qos, share, noLocal = false, identifier } = subscription;
  const shared = share !== undefined && limits.sharedSubscriptionAvailable && limits.protocolVersion === 5;
  return {
    filter: shared ? `$share/${share}/${filter}` : filter,
    qos,
    noLocal,
    ...(identifier === undefined || !limits.subscriptionIdentifiersAvailable ? {} : { identifier }),
  };
}
