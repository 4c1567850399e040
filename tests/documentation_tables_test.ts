/**
 * The tables of the documents, row by row the same as what they are about.
 *
 * @module
 */
import assert from "node:assert/strict";
import metadata from "../deno.json" with { type: "json" };
import { FAILURE_REASONS } from "../src/core/failure.ts";
import { Metrics } from "../src/observe/metrics.ts";
import { codeIn, table } from "./support/documentation.ts";

/** The first column of a table, as code. */
function firstColumn(...columns: readonly string[]): string[] {
  return table(...columns).rows.map(([cell]) => codeIn(cell));
}

Deno.test("every reason of a failure has its row", () => {
  assert.deepEqual(firstColumn("`data.reason`"), [...FAILURE_REASONS]);
});

Deno.test("every metric has its row, with the kind and the words that Prometheus is told", () => {
  const metrics = Array.from(
    new Metrics().render().matchAll(/^# HELP mcp_mqtt_proxy_(\w+) (.*)\n# TYPE \w+ (\w+)$/gm),
    ([, name, help, kind]) => [`\`${name}\``, kind, help],
  );
  assert.deepEqual(table("metric", "kind").rows, metrics);
});

Deno.test("every user property that sessions are made of has its row", async () => {
  const source = await Deno.readTextFile(
    new URL("../src/wire/request_response/session/properties.ts", import.meta.url),
  );
  const properties = Array.from(source.matchAll(/^(?:export )?const \w+ = "(mcp-\w+)"/gm), ([, name = ""]) => name);
  assert.deepEqual(firstColumn("user property").toSorted(), properties.toSorted());
});

Deno.test("every task has its row", () => {
  const tasks = Object.keys(metadata.tasks).map((name) => `deno task ${name}`);
  assert.deepEqual(firstColumn("task").toSorted(), tasks.toSorted());
});
