/** `serve`: what it does. @module */
import { lookForProgram, serve, type ServedEntry } from "../app/mod.ts";
import {
  brokerConfig,
  environmentOf,
  readBrokerFiles,
  readServerEntries,
  type TopicConfig,
  topicConfig,
  type Values,
} from "../config/mod.ts";
import { allOrProblems, UsageError } from "../core/usage_error.ts";
import { observation } from "../observe/mod.ts";
import type { Action } from "./command.ts";
import { EXIT_NO_PERMISSION, EXIT_OK } from "./exit_codes.ts";
import type { ServeSettings } from "./serve.ts";
import { terminationSignal } from "./termination.ts";

/** Runs `serve` until the process is asked to end. */
export const serveAction: Action<ServeSettings> = async ({ values, flags, operands, started }) => {
  const { config } = values;
  const [servers, broker] = await allOrProblems(
    async () =>
      config === undefined ? [oneServer(values, operands)] : await configuredServers(config, values, operands),
    async () => brokerConfig(await readBrokerFiles(values, flags), flags),
  );
  const programs = await Promise.all(servers.map(({ entry }) => lookForProgram(entry, values.passEnv)));
  started();
  await using observed = await observation({
    log: { level: values.logLevel, format: values.logFormat },
    status: values.status,
    title: "mcp-mqtt-proxy serve",
    conditions: servers.flatMap(({ topics, entry }) => [`server ${topics.serverName}`, `process of ${entry.name}`]),
  });
  const topicWarnings = servers.flatMap(({ topics }) => topics.warnings);
  for (const text of [...broker.warnings, ...topicWarnings, ...missingVariables(values.passEnv)]) {
    observed.observe({ type: "warning", text });
  }
  for (const event of programs) observed.observe(event);
  using termination = terminationSignal();
  const failure = await serve(
    {
      broker,
      servers,
      share: values.noShare || !broker.profile.sharedSubscriptionAvailable ? undefined : values.share,
      passedVariables: values.passEnv,
      prewarm: values.prewarm,
      maximumSessions: values.maxSessions,
      maximumPending: values.maxPending,
      idleTimeout: values.idleTimeout,
      restart: values.restart,
      drain: values.drain,
      maximumMessage: values.maxMessage,
    },
    observed,
    termination.signal,
  );
  return failure === undefined ? EXIT_OK : EXIT_NO_PERMISSION;
};

/** A server that lacks a variable fails in ways of its own; here it can be said why. */
function missingVariables(names: readonly string[]): string[] {
  return names.filter((name) => !Deno.env.has(name)).map((name) =>
    `--pass-env ${name}: there is no such variable here, or no permission to read it (--allow-env=${name})`
  );
}

type Served = ServedEntry & { readonly topics: TopicConfig };

function oneServer(values: Values<ServeSettings>, [command, ...args]: readonly string[]): Served {
  if (command === undefined) {
    throw new UsageError(["say which server to start: mcp-mqtt-proxy serve --name NAME -- COMMAND ARGUMENTS..."]);
  }
  const topics = topicConfig(values);
  return {
    topics,
    ...(values.description === undefined ? {} : { description: values.description }),
    entry: {
      name: topics.serverName,
      command,
      args,
      environment: environmentOf(values),
      ...(values.cwd === undefined ? {} : { directory: values.cwd }),
    },
  };
}

/** With a file, what belongs to one server comes from its entry; flags that would mean all of them are refused. */
async function configuredServers(
  file: string,
  values: Values<ServeSettings>,
  operands: readonly string[],
): Promise<Served[]> {
  const { name, requestTopic, responseTopic, topic, cwd, description } = values;
  const single = { name, "request-topic": requestTopic, "response-topic": responseTopic, cwd, description };
  const problems = Object.entries(single).filter(([, value]) => value !== undefined)
    .map(([flag]) => `--${flag} is for one server, but --config serves all entries of its file`);
  if (operands.length > 0) problems.push("give either --config FILE or -- COMMAND, not both");
  if (problems.length > 0) throw new UsageError(problems);
  const common = environmentOf(values);
  return (await readServerEntries(file)).map((entry) => ({
    entry: { ...entry, environment: { ...common, ...entry.environment } },
    topics: topicConfig({
      name: entry.name,
      topic: topic === undefined ? undefined : `${topic}/${entry.name}`,
      requestTopic: undefined,
      responseTopic: undefined,
    }),
  }));
}
