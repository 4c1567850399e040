/**
 * The wire profiles, and the addresses of servers in them.
 *
 * @module
 */
import { CLIENT_PLACEHOLDER, flagName, type SettingsOf } from "../config/mod.ts";
import { UsageError } from "../core/usage_error.ts";
import { topicNameProblem, topicPortabilityProblem } from "../mqtt/mod.ts";
import { type AddressOptions, addressSettings, AUTO } from "./address_options.ts";
import { mcpOverMqtt } from "./mcp_over_mqtt/mod.ts";
import type { ProfileAddress, ProfileContext, WireProfile } from "./profile.ts";
import { requestResponse } from "./request_response/mod.ts";

/** All profiles, in the order of preference. To add one, add its folder, and a line here. */
export const PROFILES: readonly WireProfile[] = [
  requestResponse,
  mcpOverMqtt,
];

/** The settings for the address of a server. */
export const ADDRESS_SETTINGS: SettingsOf<AddressOptions> = addressSettings(PROFILES);

/** The validated address of a server. */
export interface ResolvedAddress {
  /** The name of the server in logs. */
  readonly label: string;
  /** All names of the server, `label` first: also with its whole topic, and without the topic's prefix. */
  readonly names: readonly string[];
  readonly options: AddressOptions;
  /** Warnings for the user, each a sentence. */
  readonly warnings: readonly string[];
}

/** Settings that each give a complete address, and may contain the server's client id. The first one names the server. */
const PLACES = ["name", "topic", "serverName"] as const;

type Places = Partial<Pick<AddressOptions, typeof PLACES[number]>>;

/** Further parameters of {@linkcode resolveAddress}. */
export interface ResolveOptions {
  /** The server's name, if no setting gives an address. */
  readonly fallbackName?: string;
  /** The server's client id, for `{client}`; `undefined` when it is not ours, and so unknown. */
  readonly serverClient?: string | undefined;
}

/** Whether the address contains the server's client id. */
export function namesServerClient(options: Places): boolean {
  return PLACES.some((place) => options[place]?.includes(CLIENT_PLACEHOLDER));
}

/**
 * Resolves the settings to an address.
 *
 * @throws {UsageError} when the settings are ambiguous, or result in an invalid topic
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
  const warnings = unused(options);
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
 * Warnings about settings of other profiles than the chosen one. The one that names the server is used in every profile.
 */
function unused(options: AddressOptions): string[] {
  const { profile } = options;
  if (profile === AUTO) return [];
  const naming = PLACES.find((place) => options[place] !== undefined);
  const given: Readonly<Record<string, unknown>> = { ...options };
  return PROFILES.filter(({ name }) => name !== profile)
    .flatMap(({ addressSettings }) => Object.entries(addressSettings))
    .filter(([name]) => given[name] !== undefined && name !== naming)
    .map(([, setting]) => `${flagName(setting)} is ignored: the profile ${profile} does not use it`);
}

/**
 * The settings with the server's client id in place of `{client}`.
 *
 * @throws {UsageError} when the client id is needed, and unknown
 */
export function withServerClient<Options extends Places>(options: Options, client?: string): Options {
  if (!namesServerClient(options)) return options;
  if (client === undefined) {
    const text =
      `${CLIENT_PLACEHOLDER} in a server's name or base topic is the client id of serve: write that one instead`;
    throw new UsageError([text]);
  }
  const filled = PLACES.map((place) => [place, options[place]?.replaceAll(CLIENT_PLACEHOLDER, () => client)]);
  return { ...options, ...Object.fromEntries(filled) };
}

/** The address of a server in a profile. */
export function addressIn(profile: WireProfile, { options, label }: ResolvedAddress): ProfileAddress {
  return profile.address(options, label);
}

/**
 * The profiles to use: the one that was asked for, or all that can be used.
 *
 * @throws {UsageError} when the one that was asked for cannot be used
 */
export function profilesFor(
  { profile: choice }: Pick<AddressOptions, "profile">,
  given: ProfileContext,
): WireProfile[] {
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

/** The profile of this name. The settings have checked the name. */
function profileOf(name: string): WireProfile {
  const profile = PROFILES.find((profile) => profile.name === name);
  if (profile === undefined) throw new UsageError([`there is no profile "${name}"`]);
  return profile;
}
