/**
 * Which tools of the fleet a host may use, and which of them only with the user's consent.
 *
 * What a tool says of itself is what its server says. A server that lies can pass for harmless: patterns of servers are
 * what keeps it out.
 *
 * @module
 */

/** What the user allows. */
export interface ToolPolicyOptions {
  /** `SERVER/TOOL` patterns of tools that may be called; all when there are none. */
  readonly allowTool: readonly string[];
  /** `SERVER/TOOL` patterns of tools that may not be called, whatever else allows them. */
  readonly denyTool: readonly string[];
  /** Whether only tools may be called that say they change nothing. */
  readonly readOnly: boolean;
  /** Whether the user is asked before a tool is called that may destroy something. */
  readonly confirm: boolean;
}

/** What the policy has to know of a tool. */
export interface JudgedTool {
  readonly name: string;
  readonly annotations?: {
    readonly readOnlyHint?: boolean | undefined;
    readonly destructiveHint?: boolean | undefined;
  } | undefined;
}

/** Why a text cannot be a pattern of tools, as the end of a sentence that begins with it. */
export function toolPatternProblem(pattern: string): string | undefined {
  if (/[^/]\/[^/]/.test(pattern)) return undefined;
  return 'must be SERVER/TOOL, such as home/files/read_* or "*/read_*", where * stands for any characters';
}

/**
 * Decides about tools.
 *
 * In a pattern `*` stands for any characters, also for `/`. What is behind the last `/` is the tool, so `home/files/*` is
 * about the server `home/files` and not about `home/files/old`. A tool whose own name has a `/` is denied wherever the
 * pattern could be divided so, and allowed only by a `*` in the place of it: when in doubt, it is not called.
 */
export class ToolPolicy {
  readonly #options: ToolPolicyOptions;
  readonly #allow: readonly Pattern[];
  readonly #deny: readonly Pattern[];

  constructor(options: ToolPolicyOptions) {
    this.#options = options;
    this.#allow = options.allowTool.flatMap((pattern) => divisions(pattern).slice(-1));
    this.#deny = options.denyTool.flatMap(divisions);
  }

  /** Why a tool may not be called, as a sentence with the setting that says so; `undefined` when it may. */
  refusal(server: string, { name, annotations }: JudgedTool): string | undefined {
    const what = `The tool "${name}" of "${server}"`;
    if (matchesOne(this.#deny, server, name)) return `${what} is denied (--deny-tool)`;
    if (this.#allow.length > 0 && !matchesOne(this.#allow, server, name)) {
      return `${what} is not allowed (--allow-tool)`;
    }
    if (this.#options.readOnly && annotations?.readOnlyHint !== true) {
      return `${what} does not say that it only reads (--read-only)`;
    }
  }

  /**
   * Whether the user has to agree to a call. A tool that says nothing may destroy something: these are the defaults of
   * the protocol (`ToolAnnotations` in MCP's schema).
   */
  needsConsent({ annotations }: JudgedTool): boolean {
    return this.#options.confirm && annotations?.readOnlyHint !== true && annotations?.destructiveHint !== false;
  }
}

/** What a pattern says of the server, and of the tool. */
type Pattern = readonly [server: string, tool: string];

/** All ways to divide a pattern into a server and a tool; the usual one is the last. */
function divisions(pattern: string): Pattern[] {
  const levels = pattern.split("/");
  return levels.slice(1).map((_, index) => [
    levels.slice(0, index + 1).join("/"),
    levels.slice(index + 1).join("/"),
  ]);
}

function matchesOne(patterns: readonly Pattern[], server: string, tool: string): boolean {
  return patterns.some(([serverPattern, toolPattern]) => matches(serverPattern, server) && matches(toolPattern, tool));
}

/** Whether a text matches a pattern in which `*` stands for any characters; in as much time as both are long. */
function matches(pattern: string, text: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
