/**
 * The tools by which a model finds its way in a large fleet, as it gets to see them.
 *
 * @module
 */
import type { Json } from "../json.ts";

const SERVER = { type: "string", description: "Name of a server, as find_servers and find_tools give it" };
const TOOL = { type: "string", description: "Name of a tool of that server" };
const ARGUMENTS = { type: "object", description: "The arguments of the tool, as describe_tool shows them" };
const FILTER = {
  type: "string",
  description: "Filter of names: + stands for one level and # for all that follow, as in home/+/thermostat or plant/#",
};
const WORDS = { type: "string", description: "Words to look for in names and descriptions" };
const META = {
  type: "object",
  description: 'What the presence of a server says of it, such as {"room": "attic"}',
  additionalProperties: true,
};
const LIMIT = { type: "integer", minimum: 1, maximum: 200, description: "How many at most (20)" };

const LOOKS = { readOnlyHint: true, openWorldHint: false };
const CALLS = { readOnlyHint: false, destructiveHint: true, openWorldHint: true };

/** The definitions, in the order in which they are of use. */
export const SEARCH_TOOLS: readonly (Json & { readonly name: string })[] = [
  tool(
    "find_servers",
    "Finds servers that are online: by a filter of their names, by words, by metadata",
    {
      names: FILTER,
      words: WORDS,
      meta: META,
      capability: {
        type: "string",
        enum: ["tools", "resources", "prompts"],
        description: "What a server has to offer",
      },
      limit: LIMIT,
    },
    [],
    LOOKS,
  ),
  tool(
    "find_tools",
    "Finds tools of all servers by words, the best first, with the servers that have them",
    {
      words: WORDS,
      names: FILTER,
      limit: LIMIT,
    },
    ["words"],
    LOOKS,
  ),
  tool(
    "describe_tool",
    "Shows a tool with the arguments that it takes; without a tool, lists all tools of the server",
    {
      server: SERVER,
      tool: TOOL,
    },
    ["server"],
    LOOKS,
  ),
  tool(
    "call_tool",
    "Calls a tool of one server",
    {
      server: SERVER,
      tool: TOOL,
      arguments: ARGUMENTS,
    },
    ["server", "tool"],
    CALLS,
  ),
  tool(
    "call_many",
    "Calls the same tool with the same arguments on every server that a filter names, and returns one result for each",
    {
      names: FILTER,
      tool: TOOL,
      arguments: ARGUMENTS,
      meta: META,
      timeout: {
        type: "number",
        exclusiveMinimum: 0,
        maximum: 3_600,
        description: "After this many seconds, returns the results received so far (30)",
      },
      concurrency: { type: "integer", minimum: 1, maximum: 256, description: "How many calls at the same time (64)" },
    },
    ["names", "tool"],
    CALLS,
  ),
  tool(
    "read_resource",
    "Reads a resource of a server; without a URI, lists its resources and templates",
    {
      server: SERVER,
      uri: { type: "string", description: "URI of the resource, as the server has it" },
    },
    ["server"],
    LOOKS,
  ),
];

function tool(name: string, description: string, properties: Json, required: readonly string[], annotations: Json) {
  const inputSchema = { type: "object", properties, required, additionalProperties: false };
  return { name, description, inputSchema, annotations };
}
