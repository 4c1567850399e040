/**
 * What the packet of a request says that those of other messages do not.
 *
 * @module
 */
import type { PublishProperties, UserProperties } from "../../../mqtt/mod.ts";
import { backstopOf } from "../../../relay/mod.ts";
import type { ClientOptions } from "../../profile.ts";

/** Gives each request of one session its Correlation Data and its Message Expiry Interval. */
export class RequestProperties {
  readonly #options: Pick<ClientOptions, "timeout" | "sessionExpiry">;
  #correlation = 0;

  constructor(options: Pick<ClientOptions, "timeout" | "sessionExpiry">) {
    this.#options = options;
  }

  /**
   * The properties of the next request.
   *
   * @param repeated whether the request is sent again when it is lost
   */
  next(method: string, repeated: boolean, userProperties: UserProperties): PublishProperties {
    const expiry = this.#expiryOf(method, repeated);
    const number = this.#correlation++;
    const correlationData = Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
    if (!Number.isFinite(expiry)) return { correlationData, userProperties };
    return { correlationData, messageExpiryInterval: Math.ceil(expiry / 1000), userProperties };
  }

  /**
   * How long a request may lie at the broker, in ms. One without a limit may lie there as long as its session can last
   * without a connection.
   */
  #expiryOf(method: string, repeated: boolean): number {
    const { timeout, sessionExpiry } = this.#options;
    const limit = timeout ?? (repeated ? Infinity : backstopOf(method));
    return Number.isFinite(limit) ? limit : sessionExpiry;
  }
}
