/**
 * Servers and changes as text for people.
 *
 * @module
 */
import { keyStatus } from "../../app/list/key_status.ts";
import { type ListedServer, toServer } from "../../app/list/server_registry.ts";
import { type Announcement, canSeal } from "../../wire/mod.ts";
import { visibleLine } from "../text.ts";

/** The keys that the user has given, by server name. */
type KnownKeys = ReadonlyMap<string, string>;

const HEADINGS = ["NAME", "PROFILES", "INSTANCES", "SINCE"];

/**
 * The headings, and one row for each server. If any server has a key, or should have one, there is a column with the
 * status of the keys.
 */
export function rowsOf(servers: readonly ListedServer[], known: KnownKeys): string[][] {
  const sealing = servers.some((server) => keyStatus(server, known) !== undefined);
  return [
    [...HEADINGS, ...(sealing ? ["KEY"] : []), "DESCRIPTION"],
    ...servers.map((server) => [
      visibleLine(server.name, 200),
      server.profiles.join(", "),
      String(instanceCount(server)),
      since(server),
      ...(sealing ? [keyStatus(server, known) ?? "-"] : []),
      visibleLine(server.description, 80),
    ]),
  ];
}

/** The number of instances. An instance that is online in two profiles, with an id in each, counts once. */
function instanceCount({ instances }: ListedServer): number {
  return Math.max(...Map.groupBy(instances, ({ profile }) => profile).values().map(({ length }) => length));
}

/** The problems with the keys of these servers, each a sentence. */
export function keyProblems(servers: readonly Pick<ListedServer, "name" | "instances">[], known: KnownKeys): string[] {
  return servers.filter((server) => keyStatus(server, known) === "differs").map(({ name }) =>
    `${
      visibleLine(name, 200)
    } does not show the key that --known-servers has for it: this may be somebody else, or its ` +
    "operator has changed the key"
  );
}

/** Since when any instance of the server has been online. */
function since({ instances }: ListedServer): string {
  const [first] = instances.map(({ since }) => since).filter((time) => time !== undefined).toSorted();
  return first === undefined ? "-" : localTime(new Date(first));
}

/** The server of an announcement, as if the announced instance were its only one. */
export function announced(announcement: Announcement): ListedServer {
  return toServer(announcement.serverName, [announcement]);
}

/** A change as one line: when, and which server has come or gone. */
export function changeLine(change: Announcement, known: KnownKeys): string {
  const { online, serverName, profile, instance, description } = change;
  const sign = online ? "+" : "-";
  const status = online && canSeal(profile) ? keyStatus(announced(change), known) : undefined;
  const key = status === undefined ? "" : `  key ${status}`;
  const what = description === "" ? "" : `  ${visibleLine(description, 80)}`;
  return `${localTime(new Date())} ${sign} ${visibleLine(serverName, 200)}  ${profile}  ${
    visibleLine(instance, 200)
  }${key}${what}\n`;
}

/** `2026-11-22 10:00:00`, in the time of this machine. */
function localTime(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}
