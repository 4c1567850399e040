/**
 * The wire profiles, and the addresses of servers in them.
 *
 * @module
 */
import { CLIENT_PLACEHOLDER, type SettingsOf } from "../config/mod.ts";
import { UsageError } from "../core/usage_error.ts";
import { topicNameProblem, topicPortabilityProblem } from "../mqtt/mod.ts";
import { type AddressOptions, addressSettings, AUTO } from "./address_options.ts";
import { mcpOverMqtt } from "./mcp_over_mqtt/mod.ts";
import type { Circumstances, ProfileAddress, WireProfile } from "./profile.ts";
import { requestResponse } from "./request_response/mod.ts";

/** Every profile, in the order of preference. To add one, add its folder, and a line here. */
export const PROFILES: readonly WireProfile[] = [
  requestResponse,
  mcpOverMqtt,
];

/** The settings that say where a server is. */
export const ADDRESS_SETTINGS: SettingsOf<AddressOptions> = addressSettings(PROFILES);

/** Where a server is, validated. */
export interface ResolvedAddress {
  /** What the server is called in logs. */
  readonly label: string;
  /** All names by which it may be known, that one first: with its topic as well, and without what topics begin with. */
  readonly names: readonly string[];
  readonly options: AddressOptions;
  /** What the user ought to know, each a sentence. */
  readonly warnings: readonly string[];
}

/** Which settings say where a server is as a whole, and may have the server's client id in them. */
const PLACES = ["name", "serverName", "topic"] as const;

type Places = Partial<Pick<AddressOptions, typeof PLACES[number]>>;

/** What else {@linkcode resolveAddress} is to know. */
export interface ResolveOptions {
  /** The server's name, when nothing says where it is. */
  readonly fallbackName?: string;
  /** What the server's client id is, for `{client}`; `undefined` where it is not ours, and so not known. */
  readonly serverClient?: string | undefined;
}

/** Whether a server's client id has to be known to say where it is. */
export function namesServerClient(options: Places): boolean {
  return PLACES.some((place) => options[place]?.includes(CLIENT_PLACEHOLDER));
}

/**
 * Puts the settings together.
 *
 * @throws {UsageError} when it is not clear where the server is, or its topics would be none
 */
export function resolveAddress(
  given: AddressOptions,
  { fallbackName, serverClient }: ResolveOptions = {},
): ResolvedAddress {
  const options = withServerClient(given, serverClient);
  const { name, topic, serverName, profile } = options;
  const label = name ?? topic?.split("/").at(-1) ?? serverName ?? fallbackName;
  if (label === undefined || label === "") {
    throw new UsageError(["say which server is meant: add --name NAME (or --server-name NAME, or --topic TOPIC)"]);
  }
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const { longestTopics, address } of profile === AUTO ? PROFILES : [profileOf(profile)]) {
    for (const topic of longestTopics(address(options, label))) {
      const shown = topic.replace(/([ics])\1{31}\/([ics])\2{31}/, "…/…");
      const problem = topicNameProblem(topic);
      if (problem !== undefined) problems.push(`a topic like "${shown}" cannot be used: it ${problem}`);
      const portability = topicPortabilityProblem(topic);
      if (portability !== undefined) warnings.push(`a topic like "${shown}" ${portability}`);
    }
  }
  if (problems.length > 0) throw new UsageError(problems);
  const names = [label, name, serverName, topic, topic?.replace(/^mcp\//, "")].filter((name) => name !== undefined);
  return { label, names: [...new Set(names)], options, warnings };
}

/**
 * The settings with the server's client id where `{client}` stands for it.
 *
 * @throws {UsageError} when the client id is needed, and not known
 */
export function withServerClient<Options extends Places>(options: Options, client?: string): Options {
  if (!namesServerClient(options)) return options;
  if (client === undefined) {
    const text =
      `${CLIENT_PLACEHOLDER} in a server's name or base topic is the client id of serve: write that one instead`;
    throw new UsageError([text]);
  }
  const filled = PLACES.map((place) => [place, options[place]?.replaceAll(CLIENT_PLACEHOLDER, client)]);
  return { ...options, ...Object.fromEntries(filled) };
}

/** Where a server is in a profile. */
export function addressIn(profile: WireProfile, { options, label }: ResolvedAddress): ProfileAddress {
  return profile.address(options, label);
}

/**
 * The profiles to use: the one that was asked for, or all that can work.
 *
 * @throws {UsageError} when the one that was asked for cannot work
 */
export function profilesFor({ profile: choice }: Pick<AddressOptions, "profile">, given: Circumstances): WireProfile[] {
  if (choice === AUTO) {
    const usable = PROFILES.filter((profile) => profile.unavailable(given) === undefined);
    if (usable.length > 0) return usable;
    throw new UsageError(PROFILES.map((profile) => `the profile ${profile.name} ${profile.unavailable(given)}`));
  }
  const profile = profileOf(choice);
  const problem = profile.unavailable(given);
  if (problem !== undefined) throw new UsageError([`--profile ${choice} ${problem}`]);
  return [profile];
}

/** Whether sessions in the profile of this name can be sealed. */
export function canSeal(name: string): boolean {
  return PROFILES.some((profile) => profile.name === name && profile.probeSealing !== undefined);
}

/** The profile of this name, which the settings have checked. */
function profileOf(name: string): WireProfile {
  const profile = PROFILES.find((profile) => profile.name === name);
  if (profile === undefined) throw new UsageError([`there is no profile "${name}"`]);
  return profile;
}
