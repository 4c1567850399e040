/**
 * Whether a broker accepts the will of `serve`, which is retained and has no payload.
 *
 * @module
 */
import { ConnectError } from "../../mqtt/mod.ts";
import type { Finding } from "./finding.ts";
import { furtherClient, Probe, type ProbeOptions } from "./probe.ts";

/** Connects with such a will on the topic of a presence, and disconnects so that it is not published. */
export async function serveWillFinding(
  options: ProbeOptions,
  protocolVersion: 4 | 5,
  topic: string,
): Promise<Finding> {
  const name = "will of serve";
  const { plan, ...rest } = furtherClient(options);
  const will = { topic, payload: new Uint8Array(), qos: Math.min(1, options.maximumQoS) as 0 | 1, retain: true };
  try {
    await using _ = await Probe.open({ ...rest, plan: { ...plan, will } }, protocolVersion);
    return { name, value: "taken", verdict: "ok", meaning: "servers that are gone disappear from lists" };
  } catch (error) {
    options.signal.throwIfAborted();
    const cause = error instanceof Error ? error.message : String(error);
    const refused = error instanceof ConnectError && (error.silent || error.reasonCode !== undefined);
    return {
      name,
      value: `not taken: ${cause}`,
      verdict: "note",
      meaning: refused
        ? "serve uses a will with a payload instead; other clients may go on showing a server that is gone"
        : "it was not possible to connect a second time",
    };
  }
}
