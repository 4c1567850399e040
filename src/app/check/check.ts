/**
 * `check`: what a broker offers, and what would go wrong.
 *
 * @module
 */
import { errorText } from "../../core/text.ts";
import type { BrokerConfig, TopicConfig } from "../../config/mod.ts";
import { ConnectError, type ConnectPlan, permanentRefusal, UNSUPPORTED_PROTOCOL_VERSION } from "../../mqtt/mod.ts";
import { PROFILES, type Role, type WireProfile } from "../../wire/mod.ts";
import { CLIENT_INFO, clientIdFor } from "../client_identity.ts";
import { addressIn } from "../profiles.ts";
import { certificateFindings } from "./certificate.ts";
import type { CheckReport, Finding, TopicFinding } from "./finding.ts";
import { connectionFindings, retainedFinding } from "./measurements.ts";
import { Probe, type ProbeOptions } from "./probe.ts";
import { connectionsPerUserFinding } from "./connections_per_user.ts";
import { stallFinding } from "./stall.ts";
import { tryTopics } from "./topic_trials.ts";

/** What is to be checked. */
export interface CheckConfig {
  readonly broker: BrokerConfig;
  readonly topics: Omit<TopicConfig, "warnings">;
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
  for (const profile of profilesToCheck(config, probe)) {
    const tried = await tryTopics(
      profile,
      profile.topicUses(probe.clientId, addressIn(profile.name, config.topics)),
      probe,
    );
    topics.push(...tried.findings.filter(({ role }) => config.roles.includes(role)));
    echo ??= tried.echo;
  }
  findings.push(await retainedFinding(probe), ...dollarFinding(topics, config));
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

function clientPlan({ broker }: CheckConfig): ConnectPlan {
  const { userProperties } = PROFILES["mcp-over-mqtt"].directory({ clientInfo: CLIENT_INFO });
  return {
    clientId: clientIdFor("check", broker.clientId),
    sessionExpiryInterval: 0,
    ...(broker.preset.connectUserProperties ? { userProperties } : {}),
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

function profilesToCheck({ topics: { profile } }: CheckConfig, probe: Probe): WireProfile[] {
  const profiles = profile === "auto" ? Object.values(PROFILES) : [PROFILES[profile]];
  return probe.protocolVersion === 5 ? profiles : profiles.filter(({ name }) => name === "request-response");
}

function dollarFinding(topics: readonly TopicFinding[], { topics: { topicPrefix = "$" } }: CheckConfig): Finding[] {
  const ofConvention = topics.filter(({ profile }) => profile === "mcp-over-mqtt");
  if (ofConvention.length === 0) return [];
  const works = ofConvention.every(({ verdict }) => verdict === "ok");
  const value = works ? "pass" : "do not all pass";
  return [{
    name: `${topicPrefix}mcp-… topics`,
    value,
    verdict: works ? "ok" : "note",
    meaning: works ? "peers of the open convention can be reached" : "see below; if it is the $, try --topic-prefix",
  }];
}
