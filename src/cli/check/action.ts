/** `check`: what it does. @module */
import { check } from "../../app/check/check.ts";
import type { CheckReport, TopicFinding, Verdict } from "../../app/check/finding.ts";
import { brokerConfig, readBrokerFiles, type Values } from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { resolveAddress } from "../../wire/mod.ts";
import type { CheckSettings } from "./command.ts";
import { readCheckedSealing } from "./keys.ts";
import { type Action, EXIT_FAILURE, EXIT_OK } from "../command.ts";
import { StatusLine } from "../status_line.ts";
import { terminationSignal } from "../termination.ts";
import { table, visibleJson, visibleLine } from "../text.ts";

/** The server name whose topics are tried when the user names none. */
const EXAMPLE_NAME = "check";

const SIGNS: Readonly<Record<Verdict, string>> = { ok: "ok", note: "note", problem: "PROBLEM" };

/** Checks a broker, and prints a report. */
export const checkAction: Action<CheckSettings> = async ({ values, flags, operands, started, io }) => {
  if (operands.length > 0) throw new UsageError([`check takes no arguments: "${operands.join(" ")}"`]);
  const broker = brokerConfig(await readBrokerFiles(values, flags), flags);
  const address = resolveAddress(values, { fallbackName: EXAMPLE_NAME, serverClient: broker.clientId ?? EXAMPLE_NAME });
  const roles = values.role === "both" ? ["serve", "connect"] as const : [values.role];
  const warnings = new Set([...broker.warnings, ...address.warnings]);
  const sealing = await readCheckedSealing(values, broker, address, roles, (text) => warnings.add(text));
  started();
  for (const warning of warnings) io.printError(`warning: ${warning}\n`);
  using termination = terminationSignal();
  using line = new StatusLine(io);
  line.show(`checking ${broker.broker.url}, which takes some seconds`);
  try {
    const report = await check({
      broker,
      address,
      roles,
      sealing,
      closedTopic: values.closedTopic,
      named: isNamed(values),
    }, termination.signal);
    line.clear();
    io.print(values.json ? visibleJson(report, 2) : text(report));
    return report.ok ? EXIT_OK : EXIT_FAILURE;
  } catch (error) {
    if (termination.signal.aborted) return termination.exitCode;
    throw error;
  }
};

/** Whether the user has named a server, not only a profile. */
function isNamed({ name, topic, serverName }: Values<CheckSettings>): boolean {
  return (name ?? topic ?? serverName) !== undefined;
}

function text({ findings, topics, ok }: CheckReport): string {
  const properties = findings.map(({ name, value, verdict, meaning }) => [
    SIGNS[verdict],
    name,
    visibleLine(value),
    visibleLine(meaning),
  ]);
  const groups = Map.groupBy(topics, ({ role, profile }) => profile === "" ? role : `${role}, ${profile}`);
  const sections = [...groups].map(([title, uses]) => `\n${title}:\n${topicTable(uses)}`);
  const conclusion = ok ? "What was asked for will work." : "Something will not work.";
  return `${table(properties)}${sections.join("")}\n${conclusion}\n`;
}

function topicTable(uses: readonly TopicFinding[]): string {
  return table(uses.map(({ verdict, access, topic, outcome }) => [
    SIGNS[verdict],
    access,
    topic,
    visibleLine(outcome),
  ]));
}
