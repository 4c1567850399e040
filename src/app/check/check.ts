/**
 * `check`: what a broker offers, and what would go wrong.
 *
 * @module
 */
import { errorText } from "../../core/text.ts";
import type { BrokerConfig } from "../../config/mod.ts";
import {
  ConnectError,
  type ConnectPlan,
  permanentRefusal,
  presetOf,
  UNSUPPORTED_PROTOCOL_VERSION,
} from "../../mqtt/mod.ts";
import { addressIn, profilesFor, type ResolvedAddress, type Role, type WireProfile } from "../../wire/mod.ts";
import { CLIENT_INFO, clientIdFor } from "../client_identity.ts";
import { certificateFindings } from "./certificate.ts";
import type { CheckReport, Finding, TopicFinding } from "./finding.ts";
import { largestMessageFinding } from "./largest_message.ts";
import { connectionFindings, retainedFinding } from "./measurements.ts";
import { Probe, type ProbeOptions } from "./probe.ts";
import { connectionsPerUserFinding } from "./connections_per_user.ts";
import { stallFinding } from "./stall.ts";
import { tryTopics } from "./topic_trials.ts";

/** What is to be checked. */
export interface CheckConfig {
  readonly broker: BrokerConfig;
  readonly address: ResolvedAddress;
  /** Which commands are to work. */
  readonly roles: readonly Role[];
}

/** Checks a broker. */
export async function check(config: CheckConfig, signal: AbortSignal): Promise<CheckReport> {
  const { broker } = config.broker;
  const findings: Finding[] = await certificateFindings(broker, signal);
  const options = { broker, plan: clientPlan(config), maximumQoS: config.broker.preset.maximumQoS, signal };
  let probe: Probe;
  try {
    probe = await open(options, config.broker.protocolVersion);
  } catch (error) {
    signal.throwIfAborted();
    return { findings: [...findings, noConnection(error)], topics: [], ok: false };
  }
  await using _ = probe;
  findings.push(...await connectionFindings(probe, broker));
  const topics: TopicFinding[] = [];
  let echo: string | undefined;
  const profiles = profilesToCheck(config, probe);
  for (const profile of profiles) {
    const tried = await tryTopics(
      profile,
      profile.topicUses(probe.clientId, addressIn(profile, config.address)),
      probe,
    );
    topics.push(...tried.findings.filter(({ role }) => config.roles.includes(role)));
    echo ??= tried.echo;
  }
  findings.push(await retainedFinding(probe), ...profiles.flatMap((profile) => reachFinding(profile, topics, config)));
  if (echo !== undefined) findings.push(await largestMessageFinding(probe, echo));
  const perUser = await connectionsPerUserFinding(options, probe);
  findings.push(perUser);
  await probe[Symbol.asyncDispose](); // its client id is needed
  if (echo !== undefined && perUser.verdict === "ok") {
    findings.push(...await stallFinding(options, probe.protocolVersion, echo));
  }
  const broken = findings.some(({ verdict }) => verdict === "problem");
  return { findings, topics, ok: !broken && config.roles.every((role) => works(role, topics)) };
}

function noConnection(error: unknown): Finding {
  const remedy = error instanceof ConnectError && error.reasonCode !== undefined
    ? permanentRefusal(error.reasonCode)
    : undefined;
  return {
    name: "connection",
    value: errorText(error),
    verdict: "problem",
    meaning: remedy ?? "nothing works until the broker can be reached: check --broker",
  };
}

/** Whether a command works in one of the profiles that were tried. */
function works(role: Role, topics: readonly TopicFinding[]): boolean {
  const profiles = Map.groupBy(topics.filter((topic) => topic.role === role), ({ profile }) => profile);
  return [...profiles.values()].some((uses) => uses.every(({ verdict }) => verdict !== "problem"));
}

function clientPlan({ broker, address }: CheckConfig): ConnectPlan {
  const { topicPrefix } = address.options;
  const profiles = profilesFor(address.options, { ...address.options, broker });
  const directories = profiles.map((profile) => profile.directory({ clientInfo: CLIENT_INFO, topicPrefix }));
  const userProperties = Object.assign({}, ...directories.map(({ userProperties }) => userProperties));
  const clientId = clientIdFor("check", broker.clientId);
  const [goodbye] = directories.flatMap(({ goodbye }) => goodbye ?? []);
  return {
    clientId,
    ...(broker.preset.connectUserProperties ? { userProperties } : {}),
    ...(goodbye === undefined ? {} : { will: goodbye(clientId) }),
  };
}

/** Connects in the version that was asked for; else in the best one that the broker knows. */
async function open(options: ProbeOptions, protocolVersion: 4 | 5 | undefined): Promise<Probe> {
  try {
    return await Probe.open(options, protocolVersion ?? 5);
  } catch (error) {
    const old = error instanceof ConnectError && (error.silent || error.reasonCode === UNSUPPORTED_PROTOCOL_VERSION);
    if (protocolVersion !== undefined || !old) throw error;
    return await Probe.open(options, 4).catch(() => {
      throw error;
    });
  }
}

/** The profiles that were asked for, as far as they can work in the version of MQTT that the broker speaks. */
function profilesToCheck({ broker, address }: CheckConfig, { protocolVersion }: Probe): WireProfile[] {
  // What is known of the kind of broker is what is to be found out.
  const unknown = { ...broker, preset: presetOf("standard"), protocolVersion: undefined };
  return profilesFor(address.options, { ...address.options, broker: unknown })
    .filter(({ oldestVersion }) => oldestVersion <= protocolVersion);
}

function reachFinding(profile: WireProfile, topics: readonly TopicFinding[], { address }: CheckConfig): Finding[] {
  const { reach, name } = profile;
  if (reach === undefined) return [];
  const works = topics.every(({ profile, verdict }) => profile !== name || verdict === "ok");
  return [{
    name: reach.name(addressIn(profile, address)),
    value: works ? "pass" : "do not all pass",
    verdict: works ? "ok" : "note",
    meaning: works ? reach.whenAll : reach.otherwise,
  }];
}
