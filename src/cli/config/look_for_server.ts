/**
 * Checking that the server is online before a configuration is written.
 *
 * @module
 */
import { list } from "../../app/list/list.ts";
import type { BrokerConfig, Values } from "../../config/mod.ts";
import { errorText, visibleText } from "../../core/text.ts";
import type { ResolvedAddress } from "../../wire/mod.ts";
import { nearest } from "../nearest.ts";
import { visibleLine } from "../text.ts";
import type { ConfigSettings } from "./command.ts";

/** How long the broker may take, in ms. */
const CONNECT_TIMEOUT = 1_000;

/**
 * Looks for the server.
 *
 * @returns a warning; `undefined` when the server is online, or when there is no permission to connect to the broker
 */
export async function lookForServer(
  broker: BrokerConfig,
  { label, options }: ResolvedAddress,
  values: Values<ConfigSettings>,
): Promise<string | undefined> {
  const { hostname } = new URL(broker.broker.url);
  // This check must not make Deno prompt for a permission.
  if (Deno.permissions.querySync({ name: "net", host: hostname }).state !== "granted") return undefined;
  try {
    const config = { broker, address: values, connectTimeout: CONNECT_TIMEOUT, wait: 200 };
    const { servers } = await list(config, () => {}, AbortSignal.timeout(2 * CONNECT_TIMEOUT));
    const found = servers.some(({ name, topic }) =>
      [label, options.serverName].includes(name) || topic === options.topic
    );
    if (found) return undefined;
    const near = nearest(label, servers.map(({ name }) => name)).map((name) => visibleLine(name, 200));
    const hint = near.length === 0 ? "" : `; did you mean ${near.join(", ")}?`;
    return `no server called ${label} is online on ${broker.broker.url} now${hint}`;
  } catch (error) {
    return visibleText(errorText(error));
  }
}
