/** `tools`: what it does. @module */
import metadata from "../../../deno.json" with { type: "json" };
import { preloadTools, readTopicCatalog, tools } from "../../app/tools.ts";
import { Failure } from "../../core/failure.ts";
import { UsageError } from "../../core/usage_error.ts";
import { LineChannel, lineRefused, lineTooLong, ownOutput } from "../../stdio/mod.ts";
import { type Action, EXIT_OK } from "../command.ts";
import { ownLogin } from "../own_login.ts";
import { parentWatch } from "../parent_watch.ts";
import { startLoginLog } from "../broker_choice.ts";
import { collectWhenIdle } from "../idle_collection.ts";
import { terminationSignal } from "../termination.ts";
import type { ToolsSettings } from "./command.ts";

/** Runs `tools` until its host closes the connection. */
export const toolsAction: Action<ToolsSettings> = async ({ values, flags, operands, started }) => {
  if (operands.length > 0) throw new UsageError([`tools takes no argument; it got "${operands.join(" ")}"`]);
  const catalog = values.topics === undefined ? undefined : await readTopicCatalog(values.topics);
  using parent = parentWatch();
  const handshake = ownLogin(values, parent.signal);
  void preloadTools();
  const login = await handshake;
  started();
  await using log = startLoginLog(login, values, flags);
  using termination = terminationSignal();
  using _memory = collectWhenIdle();
  // Aborted when stdout cannot be written. That also matters after stdin has ended, while answers are still awaited.
  const unwritable = new AbortController();
  await using host = new LineChannel(login.input, ownOutput(), {
    maxMessage: values.maxMessage,
    tooLong: (length) => log.observe(lineTooLong("the host", length, values.maxMessage)),
    refused: () => log.observe(lineRefused("the host")),
    unwritable: (error) => unwritable.abort(error),
  });
  void host.closed.then(parent.suspect);
  const signal = AbortSignal.any([termination.signal, parent.signal, unwritable.signal]);
  await tools(
    {
      ...values,
      broker: login.broker,
      permissions: values,
      version: metadata.version,
      ...(catalog === undefined ? {} : { catalog }),
    },
    host,
    log.observe,
    signal,
  );
  await host.close(signal.aborted ? new Failure("session-ended", "The tool server was asked to end") : undefined);
  unwritable.signal.throwIfAborted();
  return EXIT_OK;
};
