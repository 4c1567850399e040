/**
 * Which tools of the fleet a host may use, and which of them only with the user's consent.
 *
 * Annotations are claims of the server, which may lie. Only patterns of servers keep such a server out.
 *
 * @module
 */

/** What the user allows. */
export interface ToolPolicyOptions {
  /** `SERVER/TOOL` patterns of tools that may be called; all when there are none. */
  readonly allowTool: readonly string[];
  /** `SERVER/TOOL` patterns of tools that may not be called, even if another pattern allows them. */
  readonly denyTool: readonly string[];
  /** Whether a tool may be called only if its annotations say that it changes nothing. */
  readonly readOnly: boolean;
  /** Whether the user is asked before a tool is called that may destroy something. */
  readonly confirm: boolean;
}

/** What the policy needs to know of a tool. */
export interface JudgedTool {
  readonly name: string;
  readonly annotations?: {
    readonly readOnlyHint?: boolean | undefined;
    readonly destructiveHint?: boolean | undefined;
  } | undefined;
}

/** Why a text is no pattern of tools, as the rest of a sentence that begins with the text. */
export function toolPatternProblem(pattern: string): string | undefined {
  if (/[^/]\/[^/]/.test(pattern)) return undefined;
  return 'must be SERVER/TOOL, such as home/files/read_* or "*/read_*", where * stands for any characters';
}

/**
 * Decides about tools.
 *
 * In a pattern, `*` stands for any characters, including `/`. The tool is what follows the last `/`: `home/files/*` is
 * about the server `home/files`, not `home/files/old`. If a tool's own name contains `/`, a pattern denies it wherever the
 * pattern could be divided to match, and allows it only by a `*` there. In doubt, a tool is not called.
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

  /** Why a tool may not be called, as a sentence that names the setting. `undefined` if it may be called. */
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
   * Whether the user has to agree to a call. A tool without annotations may destroy something: this is the default of MCP
   * (`ToolAnnotations` in its schema).
   */
  needsConsent({ annotations }: JudgedTool): boolean {
    return this.#options.confirm && annotations?.readOnlyHint !== true && annotations?.destructiveHint !== false;
  }
}

/** The two parts of a pattern. */
type Pattern = readonly [server: string, tool: string];

/** All ways to divide a pattern into a server and a tool. The last is the usual one. */
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

/** Whether a text matches a pattern in which `*` stands for any characters, in linear time. */
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
