/**
 * The arguments of a tool on the command line.
 *
 * @module
 */
import { JsonText } from "../../core/json_text.ts";
import { UsageError } from "../../core/usage_error.ts";

const EXAMPLES = `'{"path":"/srv"}', path=/srv for a text, or depth:=2 for any other JSON`;

/**
 * Builds the arguments without changing how values are written. `key=value` is a text, `key:=json` any JSON value. A
 * JSON object, or `-` for one on stdin, may come before them.
 *
 * @param readInput reads stdin to its end
 * @throws {UsageError} when an operand has none of these forms
 */
export async function toolArguments(
  operands: readonly string[],
  readInput: () => Promise<string>,
): Promise<JsonText> {
  const [first, ...others] = operands;
  const whole = first === undefined || PAIR.test(first) ? undefined : first === "-" ? await readInput() : first;
  const pairs = whole === undefined ? operands : others;
  const object = whole === undefined ? NO_ARGUMENTS : parseObject(whole);
  if (pairs.length === 0) return object;
  return JsonText.object([...new Map([...object.members, ...pairs.map(parsePair)])]);
}

const NO_ARGUMENTS = JsonText.from({});

/** An operand `key=…`, where the part before `=` cannot be JSON. */
const PAIR = /^[^={["]+=/;

function parseObject(json: string): JsonText {
  try {
    const object = JsonText.parse(json.replace(/^\uFEFF/, ""));
    if (object.text.trimStart().startsWith("{")) return object;
  } catch {
    // Said below.
  }
  throw new UsageError([`the arguments of the tool must be a JSON object, such as ${EXAMPLES}; they are: ${json}`]);
}

function parsePair(operand: string): [name: string, value: JsonText] {
  const [, name = "", sign, text = ""] = /^(.+?)(:?=)(.*)$/s.exec(operand) ?? [];
  if (sign === undefined) throw new UsageError([`an argument of the tool must be ${EXAMPLES}; it is: ${operand}`]);
  if (sign === "=") return [name, JsonText.from(text)];
  try {
    return [name, JsonText.parse(text)];
  } catch {
    throw new UsageError([`what follows ${name}:= must be JSON; it is: ${text} (${name}=${text} is a text)`]);
  }
}
