/** `list`: what it does. @module */
import { type KeyStatus, keyStatus } from "../../app/list/key_status.ts";
import { list, type Listing, watch } from "../../app/list/list.ts";
import { brokerConfig, readBrokerFiles, readKnownKeys } from "../../config/mod.ts";
import type { ProxyEvent } from "../../core/events.ts";
import { UsageError } from "../../core/usage_error.ts";
import { type Announcement, canSeal, withServerClient } from "../../wire/mod.ts";
import { startBrokerLog, withoutRepeatedCauses } from "../broker_choice.ts";
import { type Action, type CommandLineIo, EXIT_FAILURE, EXIT_OK } from "../command.ts";
import type { ListSettings } from "./command.ts";
import { StatusLine } from "../status_line.ts";
import { terminationSignal } from "../termination.ts";
import { visibleText } from "../../core/text.ts";
import { table, visibleJson } from "../text.ts";
import { ChangeLines } from "./change_lines.ts";
import { announced, changeLine, keyProblems, rowsOf } from "./rows.ts";
import { watchSize } from "../terminal.ts";

/** Lists the servers that are online, once or until the process is asked to end. */
export const listAction: Action<ListSettings> = async ({ values, flags, operands, started, io }) => {
  if (operands.length > 0) throw new UsageError([`list takes no arguments: "${operands.join(" ")}"`]);
  const broker = brokerConfig(await readBrokerFiles(values, flags), flags);
  await using log = startBrokerLog(values, broker);
  const known = await readKnownKeys(values.knownServers, (text) => log.observe({ type: "warning", text }));
  started();
  using termination = terminationSignal();
  const { connectTimeout, wait, json } = values;
  const config = { broker, address: withServerClient(values), connectTimeout, wait };
  const size = io.outputSize;
  if (values.watch && !json && size?.() !== undefined) {
    const { LiveTable } = await import("./live_table.ts");
    using live = new LiveTable(io.print, () => size() ?? { columns: 80, rows: 24 }, broker.broker.url, known);
    using _size = watchSize(() => live.resized());
    const observe = (event: ProxyEvent) => {
      live.observe(event);
      withoutRepeatedCauses(log.observe, "warning")(event);
    };
    await watch(config, (change, servers) => live.changed(change, servers), observe, termination.signal);
    return EXIT_OK;
  }
  using line = new StatusLine(io);
  line.show(`looking for servers on ${broker.broker.url}`);
  if (values.watch) {
    const unwritable = new AbortController();
    // A terminal always has a reader, and its user should not see half a line. So nothing is written ahead there.
    const beginning = io.dumb ? "" : json ? '{"time":"20' : "20";
    using lines = new ChangeLines(io.print, beginning, (error) => unwritable.abort(error));
    const print = (change: Announcement) => {
      line.clear();
      lines.print(json ? jsonLine(change, known) : changeLine(change, known));
      if (!json && change.online && canSeal(change.profile)) printProblems(io, keyProblems([announced(change)], known));
    };
    await watch(config, print, log.observe, AbortSignal.any([termination.signal, unwritable.signal]));
    unwritable.signal.throwIfAborted();
    return EXIT_OK;
  }
  let listing: Listing;
  try {
    listing = await list(config, withoutRepeatedCauses(log.observe, values.logLevel), termination.signal);
  } catch (error) {
    if (termination.signal.aborted) return termination.exitCode;
    throw error;
  }
  line.clear();
  for (const [name, { message }] of listing.hidden) {
    io.printError(`The profile ${name} is not shown: ${visibleText(message)}\n`);
  }
  const { servers, complete } = listing;
  if (!complete) {
    io.printError(
      "There may be more servers: the broker was not done in time. Give it more by --wait.\n",
    );
  }
  if (json) io.print(visibleJson(servers.map((server) => ({ ...server, ...statusMember(server, known) })), 2));
  else if (servers.length > 0) io.print(table(rowsOf(servers, known)));
  else if (complete) io.printError("No server is online.\n");
  const problems = keyProblems(servers, known);
  printProblems(io, problems);
  return problems.length === 0 ? EXIT_OK : EXIT_FAILURE;
};

function printProblems(io: CommandLineIo, problems: readonly string[]): void {
  for (const problem of problems) io.printError(`error: ${problem}\n`);
}

function jsonLine(announcement: Announcement, known: ReadonlyMap<string, string>): string {
  const { online, serverName, profile, instance, address, description, meta } = announcement;
  const change = { time: new Date().toISOString(), online, name: serverName, profile, instance, topic: address };
  const status = canSeal(profile) ? statusMember(announced(announcement), known) : {};
  return visibleJson({ ...change, description, meta, ...status });
}

function statusMember(
  server: Parameters<typeof keyStatus>[0],
  known: ReadonlyMap<string, string>,
): { readonly keyStatus?: KeyStatus } {
  const status = keyStatus(server, known);
  return status === undefined ? {} : { keyStatus: status };
}
