/**
 * The specification of the wire format, held to the program.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CLOSED_TOPIC } from "../src/config/closed_topic.ts";
import { Topics } from "../src/wire/mcp_over_mqtt/topics.ts";
import { topicsFor } from "../src/wire/request_response/topics.ts";
import { codeIn, DOCUMENTS, table } from "./support/documentation.ts";
import { readSourceFile } from "./support/source_files.ts";

/** The topics of the rows of a table. */
function topicsIn(...columns: readonly string[]): string[] {
  return table(...columns).rows.map(([topic]) => codeIn(topic));
}

/** The names of user properties that a file has as constants. */
async function propertiesIn(file: string): Promise<string[]> {
  const { text } = await readSourceFile(file);
  return Array.from(text.matchAll(/^(?:export )?const \w+ = "(mcp-\w+|MCP-[A-Z-]+)"/gm), ([, name = ""]) => name);
}

Deno.test("the topics of the request-response profile are those of the specification", () => {
  const topics = topicsFor({ serverName: "files", topic: "B", closedTopic: CLOSED_TOPIC.fallback });
  assert.deepEqual(topicsIn("topic", "published by"), [
    topics.request.for("{client}"),
    topics.response.for("{client}"),
    topics.instance("{instance}").for("{client}"),
    topics.presence("{instance}"),
    topics.closed.for("{client}"),
    topics.sharedClosed?.for("{client}"),
  ]);
  assert.equal(topicsFor({ serverName: "NAME" }).base, "mcp/NAME");
});

Deno.test("the topics of the open convention are those of the specification", () => {
  const topics = new Topics();
  const server = { serverId: "{server-id}", serverName: "{server-name}" };
  const client = "{mcp-client-id}";
  assert.deepEqual(topicsIn("topic", "use"), [
    topics.control(server),
    topics.rpc(client, server),
    topics.serverPresence(server),
    topics.serverCapability(server),
    topics.clientPresence(client),
    topics.clientCapability(client),
  ]);
});

Deno.test("every user property that sessions are made of has its row", async () => {
  const properties = await propertiesIn("src/wire/request_response/session/properties.ts");
  assert.deepEqual(topicsIn("user property").toSorted(), properties.toSorted());
});

Deno.test("the documents name the user properties of the open convention, all of them and no others", async () => {
  const named = DOCUMENTS.flatMap(({ text }) => Array.from(text.matchAll(/\bMCP-[A-Z-]+\b/g), ([name]) => name));
  const properties = await propertiesIn("src/wire/mcp_over_mqtt/messages.ts");
  const ofConvention = properties.filter((name) => name.startsWith("MCP-"));
  assert.deepEqual([...new Set(named)].toSorted(), ofConvention.toSorted());
});
