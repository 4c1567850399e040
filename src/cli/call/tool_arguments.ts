/**
 * The arguments of a tool, as the shell gives them.
 *
 * @module
 */
import { UsageError } from "../../core/usage_error.ts";

const EXAMPLES = `'{"path":"/srv"}', path=/srv for a text, or depth:=2 for any other JSON`;

/**
 * Puts arguments together: `key=value` is a text, `key:=json` any value. A JSON object, or `-` for one on stdin, may stand
 * before them.
 *
 * @param readInput reads stdin to its end
 * @throws {UsageError} for what is none of these
 */
export async function toolArguments(
  operands: readonly string[],
  readInput: () => Promise<string>,
): Promise<Record<string, unknown>> {
  const [first, ...others] = operands;
  const whole = first === undefined || PAIR.test(first) ? undefined : first === "-" ? await readInput() : first;
  const pairs = whole === undefined ? operands : others;
  return Object.fromEntries([
    ...Object.entries(whole === undefined ? {} : parseObject(whole)),
    ...pairs.map(parsePair),
  ]);
}

/** What stands before `=` is a name and no JSON. */
const PAIR = /^[^={["]+=/;

function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new UsageError([`the arguments of the tool must be a JSON object, such as ${EXAMPLES}; they are: ${json}`]);
}

function parsePair(operand: string): [name: string, value: unknown] {
  const [, name = "", sign, text = ""] = /^(.+?)(:?=)(.*)$/s.exec(operand) ?? [];
  if (sign === undefined) throw new UsageError([`an argument of the tool must be ${EXAMPLES}; it is: ${operand}`]);
  if (sign === "=") return [name, text];
  try {
    return [name, JSON.parse(text)];
  } catch {
    throw new UsageError([`what follows ${name}:= must be JSON; it is: ${text} (${name}=${text} is a text)`]);
  }
}
