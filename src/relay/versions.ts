/**
 * The MCP versions of both ends, read from the messages that open a session.
 *
 * Up to 2025-11-25 a session is opened by `initialize`. Since 2026-07-28 every request names its version in `_meta`,
 * and `server/discover` asks for the versions that a server supports.
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

/** Whether sessions in this version begin with `initialize`. */
export function hasHandshake(version: string): boolean {
  return version < FIRST_WITHOUT_HANDSHAKE;
}

const META = "io.modelcontextprotocol/";

/** Whether this request is of a version of MCP without `initialize`: it names its version itself. */
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

/** The versions that a server offers when it refuses the requested one. */
export function offeredVersions(refusal: Message): readonly string[] {
  return versionsAt(refusal, "error", "data", "supported");
}

/** The versions that a server supports, from its answer to `server/discover`. */
export function supportedVersions(answer: Message): readonly string[] {
  return versionsAt(answer, "result", "supportedVersions");
}

/**
 * The newest of these versions that has a handshake and is older than the requested one; `undefined` when there is
 * none.
 *
 * Source: MCP 2025-11-25, "Lifecycle", section "Error Handling".
 */
export function newestUpTo(request: Message, versions: readonly string[]): string | undefined {
  const asked = askedVersion(request);
  if (asked === undefined) return undefined;
  return versions.filter((version) => version < asked && hasHandshake(version)).toSorted().at(-1);
}

/** The same `initialize` with another version, otherwise unchanged. */
export function inVersion(request: Message, version: string | undefined): Message {
  const { bytes } = request;
  const asked = findMember(bytes, "params", "protocolVersion");
  if (asked === undefined || version === undefined || askedVersion(request) === version) return request;
  return Message.from(readText(bytes, 0, asked.start) + `"${version}"` + readText(bytes, asked.end, bytes.length));
}

/**
 * `server/discover` in the name of the host that has sent this `initialize`, for a server that may have no handshake.
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

/**
 * A version, which is a date or the name of a draft; `undefined` for anything else that an untrusted peer may have
 * sent.
 */
function versionIn(json: Uint8Array): string | undefined {
  return json.length > LONGEST_VERSION ? undefined : /^"([\w.-]+)"$/.exec(readText(json, 0, json.length))?.[1];
}

/** Longest version, in bytes of JSON text. `"2025-11-25"` has 12, and the names of drafts are not much longer. */
const LONGEST_VERSION = 64;
