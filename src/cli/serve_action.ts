/** `serve`: what it does. @module */
import { serve, type ServedEntry } from "../app/mod.ts";
import {
  brokerConfig,
  environmentOf,
  readBrokerFiles,
  readServerEntries,
  type TopicConfig,
  topicConfig,
  type Values,
} from "../config/mod.ts";
import { UsageError } from "../core/usage_error.ts";
import { startLog } from "../observe/mod.ts";
import type { Action } from "./command.ts";
import { EXIT_NO_PERMISSION, EXIT_OK } from "./exit_codes.ts";
import type { ServeSettings } from "./serve.ts";
import { terminationSignal } from "./termination.ts";

/** Runs `serve` until the process is asked to end. */
export const serveAction: Action<ServeSettings> = async ({ values, flags, operands }) => {
  const servers = values.config === undefined
    ? [oneServer(values, operands)]
    : await configuredServers(values.config, values, operands);
  const broker = brokerConfig(await readBrokerFiles(values), flags);
  await using log = await startLog({ level: values.logLevel, format: values.logFormat });
  const topicWarnings = servers.flatMap(({ topics }) => topics.warnings);
  for (const text of [...broker.warnings, ...topicWarnings]) log.observe({ type: "warning", text });
  using termination = terminationSignal();
  const failure = await serve(
    {
      broker,
      servers,
      share: values.noShare || !broker.profile.sharedSubscriptionAvailable ? undefined : values.share,
      passedVariables: values.passEnv,
      prewarm: values.prewarm,
      maximumSessions: values.maxSessions,
      idleTimeout: values.idleTimeout,
      maximumMessage: values.maxMessage,
    },
    log.observe,
    termination.signal,
  );
  return failure === undefined ? EXIT_OK : EXIT_NO_PERMISSION;
};

type Served = ServedEntry & { readonly topics: TopicConfig };

function oneServer(values: Values<ServeSettings>, [command, ...args]: readonly string[]): Served {
  if (command === undefined) {
    throw new UsageError(["say which server to start: mcp-mqtt-proxy serve --name NAME -- COMMAND ARGUMENTS..."]);
  }
  const topics = topicConfig(values);
  return {
    topics,
    ...(values.description === undefined ? {} : { description: values.description }),
    ...(values.meta === undefined ? {} : { meta: values.meta }),
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
  const { name, serverName, requestTopic, responseTopic, topic, cwd, description, meta } = values;
  const single = {
    name,
    "server-name": serverName,
    "request-topic": requestTopic,
    "response-topic": responseTopic,
    cwd,
    description,
    meta,
  };
  const problems = Object.entries(single).filter(([, value]) => value !== undefined)
    .map(([flag]) => `--${flag} is for one server, but --config serves all entries of its file`);
  if (operands.length > 0) problems.push("give either --config FILE or -- COMMAND, not both");
  if (problems.length > 0) throw new UsageError(problems);
  const common = environmentOf(values);
  return (await readServerEntries(file)).map((entry) => ({
    entry: { ...entry, environment: { ...common, ...entry.environment } },
    topics: topicConfig({
      ...values,
      name: entry.name,
      topic: topic === undefined ? undefined : `${topic}/${entry.name}`,
    }),
  }));
}
