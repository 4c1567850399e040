/** `gateway`: what it does. @module */
import { CLIENT_INFO } from "../../app/client_identity.ts";
import { gateway } from "../../app/gateway/gateway.ts";
import { knownSealing } from "../../config/mod.ts";
import { throwOutputError } from "../../core/standard_output.ts";
import { UsageError } from "../../core/usage_error.ts";
import { observation, ownNames } from "../../observe/mod.ts";
import { LineChannel, lineRefused, lineTooLong, ownOutput } from "../../stdio/mod.ts";
import { chooseBroker } from "../broker_choice.ts";
import { type Action, EXIT_OK } from "../command.ts";
import { collectWhenIdle } from "../idle_collection.ts";
import { parentWatch } from "../parent_watch.ts";
import { terminationSignal } from "../termination.ts";
import type { GatewaySettings } from "./command.ts";

/** Runs `gateway` until its host closes the connection. */
export const gatewayAction: Action<GatewaySettings> = async ({ values, flags, operands, started, io }) => {
  if (operands.length > 0) throw new UsageError([`gateway takes no argument; it got "${operands.join(" ")}"`]);
  using parent = parentWatch();
  const choice = await chooseBroker(values, flags, parent.signal, () => undefined);
  const { broker, input } = choice;
  await using log = choice.log;
  const names = values.status === undefined ? [] : await ownNames();
  const sealing = await knownSealing(
    values.knownServers,
    broker,
    (text) => log.observe({ type: "warning", text }),
  );
  started();
  await using observed = await observation({
    ...values,
    log,
    kind: "client",
    title: "mcp-mqtt-proxy gateway",
    version: CLIENT_INFO.version,
    ownNames: names,
    broker: broker.broker.url,
    servers: [],
    needs: [{ broker: true }],
  });
  const { observe } = observed;
  using termination = terminationSignal();
  using _memory = collectWhenIdle();
  if (io.terminalWidth?.() !== undefined && values.logLevel !== "off") {
    io.printError("gateway speaks MCP on stdin and stdout, and waits for an MCP host, which starts it by itself.\n");
  }
  await using host = new LineChannel(input, ownOutput(), {
    maxMessage: values.maxMessage,
    tooLong: (length) => observe(lineTooLong("the host", length, values.maxMessage)),
    refused: () => observe(lineRefused("the host")),
  });
  void host.closed.then(() => parent.suspect());
  await gateway(
    {
      broker,
      options: values,
      profile: values.profile,
      topicPrefix: values.topicPrefix,
      ...sealing,
      fleet: values,
      face: values,
      pool: values,
      policy: values,
      end: values,
      decided: (text) => observe({ type: "warning", text }),
    },
    host,
    observed,
    AbortSignal.any([termination.signal, parent.signal]),
  );
  throwOutputError(await host.closed);
  return EXIT_OK;
};
