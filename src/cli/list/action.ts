/** `list`: what it does. @module */
import { list, type Listing, watch } from "../../app/list/list.ts";
import { brokerConfig, readBrokerFiles, readKnownKeys } from "../../config/mod.ts";
import type { ProxyEvent } from "../../core/events.ts";
import { UsageError } from "../../core/usage_error.ts";
import type { Announcement } from "../../wire/mod.ts";
import { startBrokerLog } from "../broker_choice.ts";
import { type Action, EXIT_OK } from "../command.ts";
import type { ListSettings } from "./command.ts";
import { saidOnce } from "../said_once.ts";
import { StatusLine } from "../status_line.ts";
import { terminationSignal } from "../termination.ts";
import { visibleText } from "../../core/text.ts";
import { table, visibleJson } from "../text.ts";
import type { ListedServer } from "../../app/list/server_registry.ts";
import { changeLine, rowsOf } from "./rows.ts";

/** Lists the servers that are online, once or until the process is asked to end. */
export const listAction: Action<ListSettings> = async ({ values, flags, operands, started, io }) => {
  if (operands.length > 0) throw new UsageError([`list takes no arguments: "${operands.join(" ")}"`]);
  const broker = brokerConfig(await readBrokerFiles(values, flags), flags);
  const known = await readKnownKeys(values.knownServers);
  const rows = (servers: readonly ListedServer[]) => rowsOf(servers, known);
  started();
  await using log = startBrokerLog(values, broker);
  using termination = terminationSignal();
  const { connectTimeout, wait, json } = values;
  const config = { broker, address: values, connectTimeout, wait };
  const size = io.outputSize;
  if (values.watch && !json && size?.() !== undefined) {
    const { LiveTable } = await import("./live_table.ts");
    using live = new LiveTable(io.print, () => size() ?? { columns: 80, rows: 24 }, broker.broker.url, rows);
    const observe = (event: ProxyEvent) => {
      live.observe(event);
      saidOnce(log.observe, "warning")(event);
    };
    await watch(config, (change, servers) => live.changed(change, servers), observe, termination.signal);
    return EXIT_OK;
  }
  using line = new StatusLine(io);
  line.show(`looking for servers on ${broker.broker.url}`);
  if (values.watch) {
    const unwritable = new AbortController();
    const print = (change: Announcement) => {
      try {
        line.clear();
        io.print(json ? jsonLine(change) : changeLine(change));
      } catch (error) {
        unwritable.abort(error);
      }
    };
    await watch(config, print, log.observe, AbortSignal.any([termination.signal, unwritable.signal]));
    unwritable.signal.throwIfAborted();
    return EXIT_OK;
  }
  let listing: Listing;
  try {
    listing = await list(config, saidOnce(log.observe, values.logLevel), termination.signal);
  } catch (error) {
    if (termination.signal.aborted) return termination.exitCode;
    throw error;
  }
  line.clear();
  for (const [name, { message }] of listing.hidden) {
    io.printError(`The profile ${name} is not shown: ${visibleText(message)}\n`);
  }
  if (json) io.print(visibleJson(listing.servers, 2));
  else if (listing.servers.length > 0) io.print(table(rows(listing.servers)));
  else io.printError("No server is online.\n");
  return EXIT_OK;
};

function jsonLine({ online, serverName, profile, instance, address, description, meta }: Announcement): string {
  const change = { time: new Date().toISOString(), online, name: serverName, profile, instance, topic: address };
  return visibleJson({ ...change, description, meta });
}
