/**
 * The tools of a server as text for people.
 *
 * @module
 */
import type { JsonText } from "../../core/json_text.ts";
import { fields } from "./tool_result.ts";
import { table, visibleLine } from "../text.ts";

/** Each tool with its description and its parameters. */
export function toolList(tools: readonly JsonText[]): string {
  return tools.map((tool) => {
    const { name, description } = fields(tool.value);
    const what = description === undefined ? "" : `  ${visibleLine(String(description))}`;
    return `${visibleLine(String(name))}${what}\n${parameters(tool.get("inputSchema"))}`;
  }).join("\n");
}

function parameters(schema: JsonText | undefined): string {
  const needed = schema?.get("required")?.elements.map(({ value }) => value) ?? [];
  return table(
    (schema?.get("properties")?.members ?? []).map(([name, parameter]) => {
      const { description } = fields(parameter.value);
      const fallback = parameter.get("default");
      const optional = fallback === undefined ? "optional" : `default ${fallback.text}`;
      return [
        `    ${visibleLine(name)}`,
        visibleLine(typeOf(parameter)),
        needed.includes(name) ? "required" : visibleLine(optional),
        visibleLine(String(description ?? "")),
      ];
    }),
  );
}

/** The type of a parameter in one word or as its choices. */
function typeOf(schema: JsonText): string {
  const [choices, only, items] = [schema.get("enum"), schema.get("const"), schema.get("items")];
  if (choices !== undefined) return choices.elements.map(({ text }) => text).join(" | ");
  if (only !== undefined) return only.text;
  const type = schema.get("type")?.value;
  if (type === "array") return `array of ${items === undefined ? "anything" : typeOf(items)}`;
  if (Array.isArray(type)) return type.join(" | ");
  if (typeof type === "string") return type;
  const variants = (schema.get("anyOf") ?? schema.get("oneOf"))?.elements ?? [];
  return variants.length > 0 ? variants.map(typeOf).join(" | ") : "anything";
}
