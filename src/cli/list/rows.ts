/**
 * Servers and changes, as people see them.
 *
 * @module
 */
import type { ListedServer } from "../../app/list/server_registry.ts";
import type { Announcement } from "../../wire/mod.ts";
import { visibleLine } from "../text.ts";

const HEADINGS = ["NAME", "PROFILES", "INSTANCES", "SINCE"];

/**
 * The headings, and one row for each server. Where one says that it seals its sessions, a column tells what that is worth.
 *
 * @param known the keys of servers that the user has given, by their names
 */
export function rowsOf(servers: readonly ListedServer[], known: ReadonlyMap<string, string>): string[][] {
  const sealing = servers.some(({ instances }) => instances.some(({ key }) => key !== undefined));
  return [
    [...HEADINGS, ...(sealing ? ["KEY"] : []), "DESCRIPTION"],
    ...servers.map((server) => [
      visibleLine(server.name, 200),
      server.profiles.join(", "),
      String(instanceCount(server)),
      since(server),
      ...(sealing ? [keyOf(server, known.get(server.name))] : []),
      visibleLine(server.description, 80),
    ]),
  ];
}

/** How many there are: one that is there in two profiles, with an id in each, is one. */
function instanceCount({ instances }: ListedServer): number {
  return Math.max(...Map.groupBy(instances, ({ profile }) => profile).values().map(({ length }) => length));
}

/** What the keys are worth that the instances of a server show. */
function keyOf({ instances }: ListedServer, known: string | undefined): string {
  const shown = instances.flatMap(({ key }) => key ?? []);
  if (known === undefined) return shown.length === 0 ? "-" : "unverified";
  return shown.length > 0 && shown.every((key) => key === known) ? "known" : "NOT THE KNOWN ONE";
}

/** Since when a server has been there, whichever of its instances. */
function since({ instances }: ListedServer): string {
  const [first] = instances.map(({ since }) => since).filter((time) => time !== undefined).toSorted();
  return first === undefined ? "-" : localTime(new Date(first));
}

/** Who has come or gone, and when, as one line. */
export function changeLine({ online, serverName, profile, instance, description }: Announcement): string {
  const sign = online ? "+" : "-";
  const what = description === "" ? "" : `  ${visibleLine(description, 80)}`;
  return `${localTime(new Date())} ${sign} ${visibleLine(serverName, 200)}  ${profile}  ${
    visibleLine(instance, 200)
  }${what}\n`;
}

/** `2026-11-22 10:00:00`, in the time of this machine. */
function localTime(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}
