/**
 * Whether the broker distinguishes two clients of one user.
 *
 * mosquitto and EMQX can be configured to use the user name as the client id (`use_username_as_clientid`). Then two
 * clients of one user close each other's connections (MQTT 5.0, section 3.1.4-3).
 *
 * @module
 */
import { errorText } from "../../core/text.ts";
import type { Finding } from "./finding.ts";
import { furtherClient, Probe, type ProbeOptions } from "./probe.ts";

/** Connects a second client in addition to `first`. */
export async function connectionsPerUserFinding(options: ProbeOptions, first: Probe): Promise<Finding> {
  const name = "connections per user";
  await first.roundTrip(); // an earlier step may have made the broker close it
  try {
    await using second = await Probe.open(furtherClient(options), first.protocolVersion);
    await second.roundTrip();
  } catch (error) {
    return { name, value: "one", verdict: "note", meaning: `the broker refuses a second client: ${errorText(error)}` };
  }
  return first.connected
    ? { name, value: "several", verdict: "ok", meaning: "the broker tells clients apart by client id" }
    : {
      name,
      value: "one",
      verdict: "note",
      meaning:
        "each connection ends the previous one (use_username_as_clientid): add --profile request-response, one user per process",
    };
}
