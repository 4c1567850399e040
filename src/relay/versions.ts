/**
 * The versions of MCP that two ends speak, as the messages say that open a conversation.
 *
 * Up to 2025-11-25 it is opened by `initialize`. Since 2026-07-28 every request says in its `_meta` what it is, and
 * `server/discover` asks what a server speaks.
 *
 * Sources: MCP 2025-11-25, "Lifecycle", section "Version Negotiation"; MCP 2026-07-28, "Versioning" and "Discovery".
 *
 * @module
 */
import { idAt } from "../core/json_rpc.ts";
import { elementsOf, findMember, readText } from "../core/json_scan.ts";
import { Message } from "../core/message.ts";

/** The first version of MCP without `initialize`. */
const FIRST_WITHOUT_HANDSHAKE = "2026-07-28";

/** Whether conversations in this version begin by `initialize`. */
export function hasHandshake(version: string): boolean {
  return version < FIRST_WITHOUT_HANDSHAKE;
}

const META = "io.modelcontextprotocol/";

/** Whether a host speaks a version of MCP without `initialize` here: its requests say themselves what they are. */
export function isWithoutHandshake({ bytes }: Message): boolean {
  return idAt(bytes, "params", "_meta", `${META}protocolVersion`) !== undefined;
}

/** The version of MCP that an `initialize` asks for. */
export function askedVersion({ bytes }: Message): string | undefined {
  return versionAt(bytes, "params", "protocolVersion");
}

/** The version that a server has answered an `initialize` with. */
export function agreedVersion({ bytes }: Message): string | undefined {
  return versionAt(bytes, "result", "protocolVersion");
}

/** The versions that a server offers that has refused one, of those that are dates. */
export function offeredVersions(refusal: Message): readonly string[] {
  return versionsAt(refusal, "error", "data", "supported");
}

/** The versions that a server speaks, by its answer to `server/discover`. */
export function supportedVersions(answer: Message): readonly string[] {
  return versionsAt(answer, "result", "supportedVersions");
}

/**
 * The newest of these versions with a handshake that is not newer than the one that was asked for, and is another one;
 * `undefined` when there is none.
 *
 * Source: MCP 2025-11-25, "Lifecycle", section "Error Handling".
 */
export function newestUpTo(request: Message, versions: readonly string[]): string | undefined {
  const asked = askedVersion(request);
  if (asked === undefined) return undefined;
  return versions.filter((version) => version < asked && hasHandshake(version)).toSorted().at(-1);
}

/** The same `initialize` for another version; all else is as it was. */
export function inVersion(request: Message, version: string | undefined): Message {
  const { bytes } = request;
  const asked = findMember(bytes, "params", "protocolVersion");
  if (asked === undefined || version === undefined || askedVersion(request) === version) return request;
  return Message.from(readText(bytes, 0, asked.start) + `"${version}"` + readText(bytes, asked.end, bytes.length));
}

/**
 * `server/discover` in the name of the host that has sent this `initialize`, for a server that may know no handshake.
 *
 * @param offered the versions that the server has named
 */
export function discovery({ id = "0", bytes }: Message, offered: readonly string[]): Message {
  const version = offered.filter((one) => !hasHandshake(one)).toSorted().at(-1);
  const textAt = (...names: readonly string[]) => {
    const found = findMember(bytes, ...names);
    return found && readText(bytes, found.start, found.end);
  };
  const meta = [
    `"${META}protocolVersion":"${version ?? FIRST_WITHOUT_HANDSHAKE}"`,
    `"${META}clientInfo":${textAt("params", "clientInfo") ?? '{"name":"unknown","version":"0"}'}`,
    `"${META}clientCapabilities":${textAt("params", "capabilities") ?? "{}"}`,
  ];
  return Message.from(
    `{"jsonrpc":"2.0","id":${id},"method":"server/discover","params":{"_meta":{${meta.join(",")}}}}`,
  );
}

function versionsAt({ bytes }: Message, ...names: readonly string[]): readonly string[] {
  const found = findMember(bytes, ...names);
  if (found === undefined) return [];
  const list = bytes.subarray(found.start, found.end);
  return elementsOf(list).flatMap(({ start, end }) => versionIn(list.subarray(start, end)) ?? []);
}

function versionAt(bytes: Uint8Array, ...names: readonly string[]): string | undefined {
  const found = findMember(bytes, ...names);
  return found && versionIn(bytes.subarray(found.start, found.end));
}

/** A version, which is a date; so one can be told from what else a stranger may have put there. */
function versionIn(json: Uint8Array): string | undefined {
  return json.length > LONGEST_VERSION ? undefined : /^"([\w.-]+)"$/.exec(readText(json, 0, json.length))?.[1];
}

/** `"2025-11-25"` has 12 bytes, and drafts have names that are not much longer. */
const LONGEST_VERSION = 64;
