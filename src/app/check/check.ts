/**
 * `check`: which features a broker has, and what would not work with it.
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
  withAddedProperties,
} from "../../mqtt/mod.ts";
import { addressIn, profilesFor, type ResolvedAddress, type WireProfile } from "../../wire/mod.ts";
import { CLIENT_INFO, clientIdFor } from "../client_identity.ts";
import { certificateFindings } from "./certificate.ts";
import type { CheckedRole, CheckReport, Finding, TopicFinding } from "./finding.ts";
import { largestMessageFinding } from "./largest_message.ts";
import { connectionFindings, retainedFinding } from "./measurements.ts";
import { Probe, type ProbeOptions } from "./probe.ts";
import { connectionsPerUserFinding } from "./connections_per_user.ts";
import { serveWillFinding } from "./serve_will.ts";
import { answerFindings, type CheckedSealing, keyFindings } from "./sealing.ts";
import { sharedFinding } from "./shared_subscription.ts";
import { softwareFinding } from "./software.ts";
import { stallFinding } from "./stall.ts";
import { topicsOfTools, tryTopics } from "./topic_trials.ts";

/** What to check. */
export interface CheckConfig {
  readonly broker: BrokerConfig;
  readonly address: ResolvedAddress;
  /** The commands that should work. */
  readonly roles: readonly CheckedRole[];
  /** The keys of both ends. */
  readonly sealing: CheckedSealing;
  /** The topic on which a client says that it is gone, if it has sessions with many servers on one connection. */
  readonly closedTopic: string;
  /** Whether the user has named a server, so that the check can look for it. */
  readonly named: boolean;
}

/** Checks a broker. */
export async function check(config: CheckConfig, signal: AbortSignal): Promise<CheckReport> {
  const { broker } = config.broker;
  const findings: Finding[] = [...keyFindings(config.sealing), ...await certificateFindings(broker, signal)];
  const wanted = { broker, plan: clientPlan(config), maximumQoS: config.broker.preset.maximumQoS, signal };
  let opened: Opened;
  try {
    opened = await open(wanted, config.broker.protocolVersion);
  } catch (error) {
    signal.throwIfAborted();
    return { findings: [...findings, noConnection(error)], topics: [], ok: false };
  }
  const { probe, options } = opened;
  await using _ = probe;
  // A failed step must not hide the findings of the earlier ones.
  const add = async (name: string, find: () => Promise<readonly Finding[]>) => {
    try {
      findings.push(...await find());
    } catch (error) {
      signal.throwIfAborted();
      findings.push({ name, value: `not tried: ${errorText(error)}`, verdict: "note", meaning: "unknown" });
    }
  };
  await add("connection", () => connectionFindings(probe, broker));
  const topics: TopicFinding[] = [];
  let echo: string | undefined;
  const profiles = config.roles.includes("tools") ? [] : profilesToCheck(config, probe);
  if (config.roles.includes("tools")) {
    const tried = await tryTopics("", topicsOfTools(probe.clientId), probe);
    topics.push(...tried.findings);
    echo = tried.echo;
  }
  for (const profile of profiles) {
    const tried = await tryTopics(
      profile.name,
      profile.topicUses(probe.clientId, { ...addressIn(profile, config.address), closedTopic: config.closedTopic }),
      probe,
    );
    topics.push(...tried.findings.filter(({ role }) => config.roles.includes(role)));
    echo ??= tried.echo;
  }
  findings.push(...profiles.flatMap((profile) => reachFinding(profile, topics, config)));
  await add("discovery", async () => [await retainedFinding(probe)]);
  if (echo !== undefined) {
    const topic = echo;
    await add("largest message", async () => [await largestMessageFinding(probe, topic)]);
  }
  await add("connections per user", async () => [await connectionsPerUserFinding(options, probe)]);
  const several = findings.some(({ name, verdict }) => name === "connections per user" && verdict === "ok");
  await probe[Symbol.asyncDispose](); // the next steps use its client id
  const { protocolVersion } = probe;
  if (several) {
    await add("broker", async () => [await softwareFinding(options, protocolVersion)]);
    const willTopic = presenceTopic(profiles, probe, config);
    if (willTopic !== undefined) {
      await add("will of serve", async () => [await serveWillFinding(options, protocolVersion, willTopic)]);
    }
  }
  if (several && echo !== undefined) {
    const topic = echo;
    if (protocolVersion === 5 && config.roles.includes("serve")) {
      await add("shared subscription of two", async () => [await sharedFinding(options, protocolVersion, topic)]);
    }
    await add("delay of QoS 1", () => stallFinding(options, protocolVersion, topic));
  }
  await add("sealed sessions", () => sealedFindings(config, protocolVersion, signal));
  const broken = findings.some(({ verdict }) => verdict === "problem");
  return { findings, topics, ok: !broken && config.roles.every((role) => works(role, topics)) };
}

/** Whether the server would open a sealed session for us, if sealing is wanted. */
async function sealedFindings(
  { broker, address, roles, sealing, named }: CheckConfig,
  protocolVersion: 4 | 5,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (protocolVersion === 4 && isSealed(sealing)) {
    const meaning = "sealed sessions need MQTT 5";
    return [{ name: "sealed sessions", value: "the broker speaks MQTT 3.1.1", verdict: "problem", meaning }];
  }
  const serves = sealing.server !== undefined && sealing.serverKey === undefined;
  if (protocolVersion === 4 || !named || !roles.includes("connect") || serves) return [];
  return await answerFindings(broker, address, sealing, signal);
}

/** Whether only sealed sessions are allowed. */
function isSealed({ serverKey, server }: CheckedSealing): boolean {
  return serverKey !== undefined || server?.allowUnsealed === false;
}

/** The topic of the will of `serve`. */
function presenceTopic(
  profiles: readonly WireProfile[],
  { clientId }: Probe,
  { roles, address }: CheckConfig,
): string | undefined {
  if (!roles.includes("serve")) return undefined;
  const uses = profiles.flatMap((profile) => profile.topicUses(clientId, addressIn(profile, address)));
  return uses.find(({ retain }) => retain === true)?.topic;
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

/** Whether a command works in at least one of the profiles that were tried. */
function works(role: CheckedRole, topics: readonly TopicFinding[]): boolean {
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
  const plan = { clientId, userProperties, ...(goodbye === undefined ? {} : { will: goodbye(clientId) }) };
  const { userProperties: connect, ...rest } = withAddedProperties(plan, broker.userProperties);
  return {
    ...rest,
    ...(broker.preset.connectUserProperties && connect !== undefined ? { userProperties: connect } : {}),
  };
}

/** A connection, and the options with which it was made. */
interface Opened {
  readonly probe: Probe;
  readonly options: ProbeOptions;
}

/** Connects in the MQTT version that was asked for; by default in the newest that the broker supports. */
async function open(options: ProbeOptions, protocolVersion: 4 | 5 | undefined): Promise<Opened> {
  try {
    return { probe: await Probe.open(options, protocolVersion ?? 5), options };
  } catch (error) {
    const { will, ...plan } = options.plan;
    // The broker may have refused the topic of the will. Later steps find that out, topic by topic.
    if (will !== undefined && error instanceof ConnectError && error.reasonCode !== undefined) {
      return await open({ ...options, plan }, protocolVersion);
    }
    const old = error instanceof ConnectError && (error.silent || error.reasonCode === UNSUPPORTED_PROTOCOL_VERSION);
    if (protocolVersion !== undefined || !old) throw error;
    return await Probe.open(options, 4).then((probe) => ({ probe, options }), () => {
      throw error;
    });
  }
}

/** The profiles that were asked for, without those that need another version of MQTT. */
function profilesToCheck({ broker, address, sealing }: CheckConfig, { protocolVersion }: Probe): WireProfile[] {
  // The check itself finds out what the broker can do, so its preset must not rule out a profile.
  const unknown = { ...broker, preset: presetOf("standard"), protocolVersion: undefined };
  return profilesFor(address.options, { ...address.options, broker: unknown, sealed: isSealed(sealing) })
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
