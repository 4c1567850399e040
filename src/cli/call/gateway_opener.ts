/**
 * The gateway, for `call`.
 *
 * @module
 */
import { loadGateway, type OwnGateway, ownGateway } from "../../app/gateway/own_gateway.ts";
import { FACE_SETTINGS, FLEET_SETTINGS, POOL_SETTINGS, TOOL_POLICY_SETTINGS } from "../../app/gateway/settings.ts";
import { type BrokerConfig, END_SETTINGS, fromOptions, knownSealing, type Values } from "../../config/mod.ts";
import type { Observer } from "../../core/events.ts";
import { profilesFor } from "../../wire/mod.ts";
import type { CallSettings } from "./command.ts";

/**
 * Loads the gateway, and reads its settings and keys. Returns a function that starts it.
 *
 * @throws {UsageError} when the broker cannot be used in the profile that was asked for
 */
export async function gatewayOpener(
  values: Values<CallSettings>,
  broker: BrokerConfig,
  warn: (text: string) => void,
): Promise<(observe: Observer) => OwnGateway> {
  const { profile, topicPrefix } = values;
  profilesFor(values, { topicPrefix, broker });
  const loaded = await loadGateway();
  const sealing = await knownSealing(values.knownServers, broker, warn);
  const defaults = fromOptions(
    { ...FLEET_SETTINGS, ...FACE_SETTINGS, ...POOL_SETTINGS, ...TOOL_POLICY_SETTINGS, ...END_SETTINGS },
    {},
  );
  const [fleet, face, pool, policy, end] = [defaults, defaults, defaults, defaults, defaults];
  const config = { broker, options: values, profile, topicPrefix, ...sealing, fleet, face, pool, policy, end };
  return (observe) => ownGateway(Promise.resolve(loaded), config, observe);
}
