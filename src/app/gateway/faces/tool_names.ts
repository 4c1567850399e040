/**
 * What the tools of a whole fleet are called: `SERVER__TOOL`.
 *
 * A host, or the model behind it, takes letters, digits, `_` and `-`, and at most 64 of them. The name of a tool follows
 * from its server and its own name, and not from who came first, so it stays the same after a restart. What a name stands
 * for is looked up, never read from the name.
 *
 * A server's `/` becomes `--`. A name from which that could not be undone gets a short hash behind it: one with other
 * characters, or too long, or one that could be another tool's. Whatever ends like such a hash gets one as well, so no
 * server can choose a name that is another's.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The longest name of a tool that all hosts accept, in characters. */
const LONGEST = 64;

/** Characters of a hash, of 5 bits each. */
const SHORT_HASH = 6;

/** Characters of the hash where several tools want one name. So many that nobody can find another collision. */
const LONG_HASH = 26;

const DIGITS = "abcdefghijklmnopqrstuvwxyz234567";

/** How a name with a hash ends. */
const HASH_ENDING = new RegExp(`--[${DIGITS}]{${SHORT_HASH}}(?:[${DIGITS}]{${LONG_HASH - SHORT_HASH}})?$`);

/** A tool of a server. */
export interface ServerTool {
  readonly server: string;
  readonly tool: string;
}

/** Names tools, and finds tools by their names. */
export class ToolNames {
  /** The tools that want each name. */
  readonly #claims = new Map<string, Claim[]>();
  readonly #byServer = new Map<string, Map<string, Claim>>();
  readonly #byName = new Map<string, Claim>();

  /** Gives a tool its name; a tool that has one keeps it. */
  add(server: string, tool: string): void {
    const tools = this.#byServer.get(server) ?? new Map<string, Claim>();
    if (tools.has(tool)) return;
    const wanted = shortName(server, tool);
    const claim = { server, tool, wanted, name: wanted };
    this.#byServer.set(server, tools);
    tools.set(tool, claim);
    const claims = this.#claims.get(wanted) ?? [];
    this.#claims.set(wanted, claims);
    claims.push(claim);
    this.#settle(claims);
  }

  /** Forgets the names of a server's tools. */
  remove(server: string): void {
    const tools = this.#byServer.get(server);
    this.#byServer.delete(server);
    for (const claim of tools?.values() ?? []) {
      this.#byName.delete(claim.name);
      const left = (this.#claims.get(claim.wanted) ?? []).filter((other) => other !== claim);
      if (left.length === 0) this.#claims.delete(claim.wanted);
      else this.#claims.set(claim.wanted, left);
      this.#settle(left);
    }
  }

  /** The name of a tool that was added. */
  of(server: string, tool: string): string | undefined {
    return this.#byServer.get(server)?.get(tool)?.name;
  }

  /** The tool that has this name now. */
  find(name: string): ServerTool | undefined {
    return this.#byName.get(name);
  }

  /** If several tools want a name, none gets it: a host that remembers it must not get another tool. */
  #settle(claims: readonly Claim[]): void {
    for (const claim of claims) this.#byName.delete(claim.name);
    for (const claim of claims) {
      claim.name = claims.length === 1 ? claim.wanted : hashedName(claim.server, claim.tool, LONG_HASH);
      this.#byName.set(claim.name, claim);
    }
  }
}

/**
 * Whether a tool of `server` may have this name. Other servers need not be asked, so a mistaken name does not start the
 * processes of a whole fleet.
 */
export function mayBelongTo(name: string, server: string): boolean {
  const whole = server.replaceAll("/", "--");
  if (!HASH_ENDING.test(name)) return name.startsWith(`${whole}__`);
  const text = replaced(whole);
  const mayEnd = (at: number) => name.startsWith("__", at) && text.endsWith(name.slice(0, at));
  return text === "" || [...name].some((_, at) => at > 0 && mayEnd(at));
}

/** A tool, and the name that it gets if no other wants it. */
interface Claim extends ServerTool {
  readonly wanted: string;
  name: string;
}

/** The name of a tool, unless another tool wants the same. */
function shortName(server: string, tool: string): string {
  const name = `${server.replaceAll("/", "--")}__${tool}`;
  const fits = /^[\w-]*$/.test(name) && name.length <= LONGEST;
  return fits && canBeUndone(server) && !HASH_ENDING.test(name) ? name : hashedName(server, tool, SHORT_HASH);
}

/** Whether the server can be read from the name: where it ends, and which characters were `/`. */
function canBeUndone(server: string): boolean {
  return server !== "" && !/__|_$|--|-\/|\/-/.test(server);
}

/** As much of both names as fits, and a hash of the whole. */
function hashedName(server: string, tool: string, digits: number): string {
  const room = LONGEST - "__".length - "--".length - digits;
  const [serverText, toolText] = [replaced(server.replaceAll("/", "--")), replaced(tool)];
  // Names of tools differ at the beginning. Names of servers, such as hall/line/robot, differ at the end.
  const keptTool = toolText.slice(0, Math.max(room - serverText.length, Math.floor(room * 2 / 3)));
  const keptServer = serverText.slice(Math.max(0, serverText.length - (room - keptTool.length)));
  return `${keptServer}__${keptTool}--${hashOf(server, tool, digits)}`;
}

/** Removes accents. Then every character but ASCII letters, digits, `_` and `-` becomes `_`. */
function replaced(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\w-]/gu, "_");
}

function hashOf(server: string, tool: string, digits: number): string {
  const hash = createHash("sha256").update(JSON.stringify([server, tool])).digest();
  return [...hash.subarray(0, digits)].map((byte) => DIGITS[byte % DIGITS.length]).join("");
}
