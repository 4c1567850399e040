/**
 * What a broker allows on the topics of a profile.
 *
 * @module
 */
import { type QoS, topicMatches } from "../../mqtt/mod.ts";
import type { TopicUse } from "../../wire/mod.ts";
import type { CheckedRole, TopicFinding } from "./finding.ts";
import type { Outcome, Probe } from "./probe.ts";

/** A topic that a command uses. */
export interface TestedUse extends Omit<TopicUse, "role"> {
  readonly role: CheckedRole;
}

/** What the tools do with topics, tried on a topic of our own. */
export function topicsOfTools(clientId: string): readonly TestedUse[] {
  const base = `mcp/check-${clientId}`;
  return [
    { role: "tools", access: "subscribe", topic: `${base}/#` },
    { role: "tools", access: "publish", topic: `${base}/value` },
  ];
}

/** The outcome of the trials. */
export interface TopicTrials {
  readonly findings: readonly TopicFinding[];
  /** A topic on which a message to ourselves has arrived, and on which any message does no harm. */
  readonly echo: string | undefined;
}

/** Tries every topic of a profile. Finds those that are refused, and those that are granted but never delivered. */
export async function tryTopics(profile: string, uses: readonly TestedUse[], probe: Probe): Promise<TopicTrials> {
  const problems = new Map<TestedUse, string>();
  const subscriptions = uses.filter(({ access }) => access === "subscribe");
  const publications = uses.filter(({ access }) => access === "publish");
  // One after the other, since a broker may close the connection over any of them.
  for (const use of subscriptions) note(use, await probe.subscribe(use.topic));
  for (const use of publications) {
    const { topic, retain = false, harmless: userProperties } = use;
    const trial = { topic, qos: 1 as QoS, retain, ...(userProperties === undefined ? {} : { userProperties }) };
    note(use, await probe.publish(trial));
  }
  let echo: string | undefined;
  await Promise.all(
    subscriptions.filter((use) => !problems.has(use)).map(async (use) => {
      const sent = publications.find((one) => !problems.has(one) && topicMatches(use.topic, one.topic));
      if (sent === undefined) return; // only the other end publishes to this topic
      const hasArrived = await probe.hasArrived(use.topic);
      if (hasArrived && sent.harmless === undefined && sent.retain !== true) echo ??= sent.topic;
      if (!hasArrived) {
        problems.set(use, "granted, but nothing arrives: the broker lets this user subscribe there, but not read");
      }
    }),
  );
  const findings = uses.map((use): TopicFinding => {
    const { role, access, topic, optional } = use;
    const problem = problems.get(use);
    if (problem === undefined) return { role, profile, access, topic, verdict: "ok", outcome: "allowed" };
    if (optional === undefined) return { role, profile, access, topic, verdict: "problem", outcome: problem };
    return { role, profile, access, topic, verdict: "note", outcome: `${problem}; ${optional}` };
  });
  return { findings, echo };

  function note(use: TestedUse, { problem }: Outcome): void {
    if (problem !== undefined) problems.set(use, problem);
  }
}
