/** `list`: what it does. @module */
import { list, type ListedServer, type Listing, watch } from "../../app/mod.ts";
import { brokerConfig, readBrokerFiles } from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import type { Announcement } from "../../wire/mod.ts";
import { startBrokerLog } from "../broker_choice.ts";
import { type Action, EXIT_INTERRUPTED, EXIT_OK } from "../command.ts";
import type { ListSettings } from "./command.ts";
import { terminationSignal } from "../termination.ts";
import { visibleText } from "../../core/text.ts";
import { table, visibleLine } from "../text.ts";

/** Lists the servers that are online, once or until the process is asked to end. */
export const listAction: Action<ListSettings> = async ({ values, flags, operands, started, io }) => {
  if (operands.length > 0) throw new UsageError([`list takes no arguments: "${operands.join(" ")}"`]);
  const broker = brokerConfig(await readBrokerFiles(values, flags), flags);
  started();
  await using log = startBrokerLog(values, broker);
  using termination = terminationSignal();
  const { connectTimeout, wait, json } = values;
  const config = { broker, address: values, connectTimeout, wait };
  if (values.watch) {
    await watch(
      config,
      (change) => io.print(json ? jsonLine(change) : textLine(change)),
      log.observe,
      termination.signal,
    );
    return EXIT_OK;
  }
  let listing: Listing;
  try {
    listing = await list(config, log.observe, termination.signal);
  } catch (error) {
    if (termination.signal.aborted) return EXIT_INTERRUPTED;
    throw error;
  }
  for (const [name, { message }] of listing.hidden) {
    io.printError(`The profile ${name} is not shown: ${visibleText(message)}\n`);
  }
  if (json) io.print(`${JSON.stringify(listing.servers, undefined, 2)}\n`);
  else if (listing.servers.length > 0) io.print(textTable(listing));
  else io.printError("No server is online.\n");
  return EXIT_OK;
};

const HEADINGS = ["NAME", "PROFILE", "INSTANCES", "SINCE", "DESCRIPTION"];

function textTable({ servers }: Listing): string {
  return table([
    HEADINGS,
    ...servers.map((server) => [
      visibleLine(server.name),
      server.profile,
      String(server.instances.length),
      since(server),
      visibleLine(server.description, 80),
    ]),
  ]);
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
  return `${JSON.stringify({ ...change, description, meta })}\n`;
}

/** `2026-11-22 10:00:00`, in the time of this machine. */
function localTime(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}
