/**
 * The schemas of tools as JSON Schema, without the parts that a model can do without: most hosts send all schemas with
 * every turn. Calls are still validated against the full schema.
 *
 * @module
 */
import * as z from "zod";
import type { ToolDefinition } from "./sdk.ts";
import type { Shape } from "./tool.ts";

/** The keywords that are left out. A limit needs no keyword, since the error for exceeding it names it. */
const LEFT_OUT = ["$schema", "additionalProperties", "propertyNames", "minimum", "maximum"];

type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON Schema of an object with these fields. For a result it has only the required members and their types. */
export function compactSchema(shape: Shape, io: "input" | "output"): ToolDefinition["inputSchema"] {
  const schema = z.toJSONSchema(z.object(shape), { io });
  return (io === "input" ? compact(schema) : outline(schema)) as ToolDefinition["inputSchema"];
}

function compact(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(compact);
  if (!isObject(schema)) return schema;
  const members = Object.entries(schema).filter(([name]) => !LEFT_OUT.includes(name));
  return Object.fromEntries(members.map(([name, member]) => [name, compact(member)]));
}

function outline(
  { properties = {}, required = [] }: { properties?: JsonSchema; required?: readonly string[] },
): JsonSchema {
  const members = required.map((name) => {
    const { type, items } = properties[name] as JsonSchema;
    return [name, { type, ...(isObject(items) ? { items: { type: items.type } } : {}) }];
  });
  return { type: "object", properties: Object.fromEntries(members), required };
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
