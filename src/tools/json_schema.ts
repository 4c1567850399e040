/**
 * The schemas of tools as JSON Schema, without what a model can do without: most hosts send all of them with every turn.
 * What is left out here is checked all the same when a tool is called.
 *
 * @module
 */
import * as z from "zod";
import type { ToolDefinition } from "./sdk.ts";
import type { Shape } from "./tool.ts";

/** What is left out: limits are told of by the error that exceeding them brings. */
const LEFT_OUT = ["$schema", "additionalProperties", "propertyNames", "minimum", "maximum"];

type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON Schema of an object of these fields. Of a result, it has the members that are always there, without theirs. */
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
