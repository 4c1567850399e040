/** `connect`: what it does. @module */
import { CLIENT_INFO } from "../../app/client_identity.ts";
import { connect } from "../../app/connect/connect.ts";
import type { Channel } from "../../core/channel.ts";
import type { Observer } from "../../core/events.ts";
import { throwOutputError } from "../../core/standard_output.ts";
import { observation, ownNames } from "../../observe/mod.ts";
import {
  type ByteSource,
  childEnvironment,
  ChildProcess,
  LineChannel,
  lineRefused,
  lineTooLong,
  OrphanWatch,
  ownOutput,
} from "../../stdio/mod.ts";
import { readClientSealing } from "../../config/mod.ts";
import { resolveAddress } from "../../wire/mod.ts";
import { chooseBroker } from "../broker_choice.ts";
import { type Action, EXIT_OK } from "../command.ts";
import type { ConnectSettings } from "./command.ts";
import { parentWatch } from "../parent_watch.ts";
import { collectWhenIdle } from "../idle_collection.ts";
import { terminationSignal } from "../termination.ts";

/** Runs `connect` until its host closes the connection. */
export const connectAction: Action<ConnectSettings> = async ({ values, flags, operands, started, io }) => {
  using parent = parentWatch();
  const choice = await chooseBroker(values, flags, parent.signal, () => resolveAddress(values));
  const { broker, input, others: address } = choice;
  await using log = choice.log;
  const names = values.status === undefined ? [] : await ownNames();
  const sealing = await readClientSealing(
    values,
    broker,
    address.names,
    (text) => log.observe({ type: "warning", text }),
  );
  started();
  await using observed = await observation({
    ...values,
    log,
    kind: "client",
    title: `mcp-mqtt-proxy connect ${address.label}`,
    version: CLIENT_INFO.version,
    ownNames: names,
    broker: broker.broker.url,
    servers: [address.label],
    needs: [{ broker: true }],
  });
  const { observe } = observed;
  for (const text of address.warnings) observe({ type: "warning", text });
  using termination = terminationSignal();
  using _memory = collectWhenIdle();
  if (operands.length === 0 && io.terminalWidth?.() !== undefined && values.logLevel !== "off") {
    const { callLine } = await import("../call_line.ts");
    io.printError(
      "connect speaks MCP on stdin and stdout, and waits for an MCP host, which starts it by itself.\n" +
        `People call: ${callLine({ ...values, broker: broker.broker.url }, flags)}\n`,
    );
  }
  await using orphans = new OrphanWatch();
  await using host = hostChannel(input, operands, values.maxMessage, orphans, observe);
  void host.peerEnded?.then(() => parent.suspect());
  await connect(
    { broker, address, options: values, sealing },
    host,
    observed,
    AbortSignal.any([termination.signal, parent.signal]),
  );
  throwOutputError(await host.closed);
  return EXIT_OK;
};

/** The channel to the host: our own stdio, or that of a client process. */
function hostChannel(
  input: ByteSource,
  [command, ...args]: readonly string[],
  maxMessage: number,
  orphans: OrphanWatch,
  observe: Observer,
): Channel {
  const tooLong = (length: number) => observe(lineTooLong("the host", length, maxMessage));
  if (command === undefined) {
    return new LineChannel(input, ownOutput(), {
      maxMessage,
      tooLong,
      refused: () => observe(lineRefused("the host")),
      halfOpen: true,
    });
  }
  return new ChildProcess({
    command,
    args,
    environment: childEnvironment({}, []),
    orphans,
    maxMessage,
    tooLong,
    skipped: (line) => observe({ type: "line.skipped", source: command, bytes: line.length }),
    stderr: (line) => observe({ type: "child.stderr", session: command, line }),
  });
}
