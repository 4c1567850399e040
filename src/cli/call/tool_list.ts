/**
 * The tools of a server, for people.
 *
 * @module
 */
import { fields } from "./tool_result.ts";
import { table, visibleLine } from "../text.ts";

/** Each tool with its description and its parameters. */
export function toolList(tools: readonly unknown[]): string {
  return tools.map((tool) => {
    const { name, description, inputSchema } = fields(tool);
    const what = description === undefined ? "" : `  ${visibleLine(String(description))}`;
    return `${visibleLine(String(name))}${what}\n${parameters(inputSchema)}`;
  }).join("\n");
}

function parameters(schema: unknown): string {
  const { properties, required } = fields(schema);
  const needed = Array.isArray(required) ? required : [];
  return table(
    Object.entries(fields(properties)).map(([name, parameter]) => {
      const { description, default: fallback } = fields(parameter);
      const optional = fallback === undefined ? "optional" : `default ${JSON.stringify(fallback)}`;
      return [
        `    ${visibleLine(name)}`,
        visibleLine(typeOf(parameter)),
        needed.includes(name) ? "required" : visibleLine(optional),
        visibleLine(String(description ?? "")),
      ];
    }),
  );
}

/** The type of a parameter, as far as a word can say it. */
function typeOf(schema: unknown): string {
  const { type, enum: choices, const: only, items, anyOf, oneOf } = fields(schema);
  if (Array.isArray(choices)) return choices.map((choice) => JSON.stringify(choice)).join(" | ");
  if (only !== undefined) return JSON.stringify(only);
  if (type === "array") return `array of ${items === undefined ? "anything" : typeOf(items)}`;
  if (Array.isArray(type)) return type.join(" | ");
  if (typeof type === "string") return type;
  const variants = anyOf ?? oneOf;
  return Array.isArray(variants) ? variants.map(typeOf).join(" | ") : "anything";
}
