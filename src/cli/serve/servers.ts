/**
 * The servers that `serve` starts: the one of the command line, or those of a file.
 *
 * @module
 */
import type { ServedEntry } from "../../app/serve/serve.ts";
import { environmentOf, readServerEntries, type ServerEntry, type Values } from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { type AddressOptions, namesServerClient, resolveAddress } from "../../wire/mod.ts";
import type { ServeSettings } from "./command.ts";

/** The servers to serve. Our client id, which their addresses may contain, may not be known yet. */
export interface Servers {
  /**
   * The servers, with this client id in place of `{client}`.
   *
   * @throws {UsageError} when an address cannot be used
   */
  readonly as: (clientId: string) => readonly ServedEntry[];
  /** Whether an address contains `{client}`. */
  readonly namesClient: boolean;
  /** Warnings for the user, each a sentence. */
  readonly warnings: readonly string[];
}

/** A server, and the settings of its address. */
interface PlacedEntry {
  /** The entry; without a name, it gets that of its address. */
  readonly entry: Omit<ServerEntry, "name"> & Partial<Pick<ServerEntry, "name">>;
  readonly place: AddressOptions;
}

/**
 * Reads which servers to serve.
 *
 * @throws {UsageError} when none is given, or several ways are mixed, or the file is not valid
 */
export async function readServers(values: Values<ServeSettings>, operands: readonly string[]): Promise<Servers> {
  const { placed, warnings } = values.config === undefined
    ? { placed: [oneServer(values, operands)], warnings: [] }
    : await configuredServers(values.config, values, operands);
  return {
    as: (serverClient) =>
      placed.map(({ entry, place }) => {
        const address = resolveAddress(place, { serverClient });
        return { address, entry: { name: address.label, ...entry } };
      }),
    namesClient: placed.some(({ place }) => namesServerClient(place)),
    warnings,
  };
}

/** Part of the name of a file, which must not be a literal: `cli/commands.ts` says why. Few files have comments. */
const JSON_FILE = "json";

/**
 * Parses JSON as many hosts have it, with comments and trailing commas.
 *
 * @throws when it is none; the message names the place
 */
export async function parseHostJson(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    const { JSON_FORMAT } = await import(`../config/formats/${JSON_FILE}.ts`);
    return JSON_FORMAT.parse(text);
  }
}

function oneServer(values: Values<ServeSettings>, [command, ...args]: readonly string[]): PlacedEntry {
  if (command === undefined) {
    throw new UsageError(["say which server to start: mcp-mqtt-proxy serve --name NAME -- COMMAND ARGUMENTS..."]);
  }
  const directory = values.cwd === undefined ? {} : { directory: values.cwd };
  return { place: values, entry: { command, args, environment: environmentOf(values), ...directory } };
}

/** The servers of a file. Settings of a single server come from its entry, so flags for these are refused. */
async function configuredServers(
  file: string,
  values: Values<ServeSettings>,
  operands: readonly string[],
): Promise<{ readonly placed: readonly PlacedEntry[]; readonly warnings: readonly string[] }> {
  const { name, serverName, requestTopic, responseTopic, topic, cwd, description, meta } = values;
  const single = {
    name,
    "server-name": serverName,
    "request-topic": requestTopic,
    "response-topic": responseTopic,
    cwd,
    description,
    meta,
  };
  const problems = Object.entries(single).filter(([, value]) => value !== undefined)
    .map(([flag]) => `--${flag} is for one server, but --config serves all entries of its file`);
  if (operands.length > 0) problems.push("give either --config FILE or -- COMMAND, not both");
  if (problems.length > 0) throw new UsageError(problems);
  const common = environmentOf(values);
  const { entries, warnings } = await readServerEntries(file, parseHostJson);
  const placed = entries.map((entry) => ({
    entry: { ...entry, environment: { ...common, ...entry.environment } },
    place: { ...values, name: entry.name, topic: topic === undefined ? undefined : `${topic}/${entry.name}` },
  }));
  return { placed, warnings };
}
