/**
 * The gateway, for `call`.
 *
 * @module
 */
import type { OwnGateway } from "../../app/gateway/own_gateway.ts";
import { FACE_SETTINGS, FLEET_SETTINGS, POOL_SETTINGS, TOOL_POLICY_SETTINGS } from "../../app/gateway/settings.ts";
import { type BrokerConfig, END_SETTINGS, fromOptions, knownSealing, type Values } from "../../config/mod.ts";
import type { Observer } from "../../core/events.ts";
import type { CallSettings } from "./command.ts";

/** The import below has no literal name, so that Deno does not fetch the gateway for a call of one server. */
const GATEWAY = "own_gateway";

/** Loads the gateway, and reads its settings and keys. Returns a function that starts it. */
export async function gatewayOpener(
  values: Values<CallSettings>,
  broker: BrokerConfig,
  warn: (text: string) => void,
): Promise<(observe: Observer) => OwnGateway> {
  const { ownGateway } = await import(`../../app/gateway/${GATEWAY}.ts`) as {
    ownGateway: typeof import("../../app/gateway/own_gateway.ts").ownGateway;
  };
  const sealing = await knownSealing(values.knownServers, broker, warn);
  const defaults = fromOptions(
    { ...FLEET_SETTINGS, ...FACE_SETTINGS, ...POOL_SETTINGS, ...TOOL_POLICY_SETTINGS, ...END_SETTINGS },
    {},
  );
  return (observe) =>
    ownGateway(
      {
        broker,
        options: values,
        profile: values.profile,
        topicPrefix: values.topicPrefix,
        ...sealing,
        fleet: defaults,
        face: defaults,
        pool: defaults,
        policy: defaults,
        end: defaults,
      },
      observe,
    );
}
