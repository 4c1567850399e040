/** `list`: what it does. @module */
import { list, type Listing, watch } from "../../app/list/list.ts";
import type { ListedServer } from "../../app/list/server_registry.ts";
import { brokerConfig, readBrokerFiles } from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import type { Announcement } from "../../wire/mod.ts";
import { startBrokerLog } from "../broker_choice.ts";
import { type Action, EXIT_OK } from "../command.ts";
import type { ListSettings } from "./command.ts";
import { saidOnce } from "../said_once.ts";
import { StatusLine } from "../status_line.ts";
import { terminationSignal } from "../termination.ts";
import { visibleText } from "../../core/text.ts";
import { table, visibleJson, visibleLine } from "../text.ts";

/** Lists the servers that are online, once or until the process is asked to end. */
export const listAction: Action<ListSettings> = async ({ values, flags, operands, started, io }) => {
  if (operands.length > 0) throw new UsageError([`list takes no arguments: "${operands.join(" ")}"`]);
  const broker = brokerConfig(await readBrokerFiles(values, flags), flags);
  started();
  await using log = startBrokerLog(values, broker);
  using termination = terminationSignal();
  const { connectTimeout, wait, json } = values;
  const config = { broker, address: values, connectTimeout, wait };
  using line = new StatusLine(io);
  line.show(`looking for servers on ${broker.broker.url}`);
  if (values.watch) {
    const unwritable = new AbortController();
    const print = (change: Announcement) => {
      try {
        line.clear();
        io.print(json ? jsonLine(change) : textLine(change));
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
  else if (listing.servers.length > 0) io.print(textTable(listing));
  else io.printError("No server is online.\n");
  return EXIT_OK;
};

const HEADINGS = ["NAME", "PROFILES", "INSTANCES", "SINCE", "DESCRIPTION"];

/** One row for each server. */
function textTable({ servers }: Listing): string {
  return table([
    HEADINGS,
    ...servers.map((server) => [
      visibleLine(server.name),
      server.profiles.join(", "),
      String(instanceCount(server)),
      since(server),
      visibleLine(server.description, 80),
    ]),
  ]);
}

/** How many there are: one that is there in two profiles, with an id in each, is one. */
function instanceCount({ instances }: ListedServer): number {
  return Math.max(...Map.groupBy(instances, ({ profile }) => profile).values().map(({ length }) => length));
}

/** Since when a server has been there, whichever of its instances. */
function since({ instances }: ListedServer): string {
  const [first] = instances.map(({ since }) => since).filter((time) => time !== undefined).toSorted();
  return first === undefined ? "-" : localTime(new Date(first));
}

function textLine({ online, serverName, profile, instance, description }: Announcement): string {
  const sign = online ? "+" : "-";
  const what = description === "" ? "" : `  ${visibleLine(description, 80)}`;
  return `${localTime(new Date())} ${sign} ${visibleLine(serverName)}  ${profile}  ${visibleLine(instance)}${what}\n`;
}

function jsonLine({ online, serverName, profile, instance, address, description, meta }: Announcement): string {
  const change = { time: new Date().toISOString(), online, name: serverName, profile, instance, topic: address };
  return visibleJson({ ...change, description, meta });
}

/** `2026-11-22 10:00:00`, in the time of this machine. */
function localTime(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}
