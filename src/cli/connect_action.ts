/** `connect`: what it does. @module */
import { connect } from "../app/mod.ts";
import { brokerConfig, readBrokerFiles, topicConfig } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import { startLog } from "../observe/mod.ts";
import { childEnvironment, ChildProcess, ownStdio } from "../stdio/mod.ts";
import type { Action } from "./command.ts";
import type { ConnectSettings } from "./connect.ts";
import { EXIT_OK } from "./exit_codes.ts";
import { terminationSignal } from "./termination.ts";

/** Runs `connect` until its host ends the conversation. */
export const connectAction: Action<ConnectSettings> = async ({ values, flags, operands }) => {
  const topics = topicConfig(values);
  const broker = brokerConfig(await readBrokerFiles(values), flags);
  await using log = await startLog({ level: values.logLevel, format: values.logFormat });
  for (const text of [...broker.warnings, ...topics.warnings]) log.observe({ type: "warning", text });
  using termination = terminationSignal();
  await using host = hostChannel(operands, values.maxMessage, log.observe);
  await connect(
    {
      broker,
      topics,
      discovery: !values.noDiscovery,
      serverId: values.serverId,
      pick: values.pick,
      connectTimeout: values.connectTimeout,
      timeout: values.timeout,
    },
    host,
    log.observe,
    termination.signal,
  );
  return EXIT_OK;
};

/** Our own stdio, or that of a client process. What it says that is not JSON is the server's to judge. */
function hostChannel([command, ...args]: readonly string[], maximumLength: number, observe: Observer) {
  const tooLong = (length: number) =>
    observe({
      type: "message.dropped",
      source: "the host",
      cause: `a line of more than ${length} bytes; --max-message allows ${maximumLength}`,
    });
  if (command === undefined) return ownStdio({ maximumLength, tooLong });
  return new ChildProcess({
    command,
    args,
    environment: childEnvironment({}, []),
    maximumLength,
    tooLong,
    skipped: (line) => observe({ type: "line.skipped", source: command, bytes: line.length }),
    stderr: (line) => observe({ type: "child.stderr", session: command, line }),
  });
}
