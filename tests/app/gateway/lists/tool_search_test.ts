import assert from "node:assert/strict";
import { type ToolQuery, ToolSearch } from "../../../../src/app/gateway/lists/tool_search.ts";

const THERMOSTAT = [
  { name: "read_temperature", description: "Reads the temperature of the room in degrees" },
  { name: "set_target", description: "Sets the temperature that the room should have" },
];
const FILES = [
  { name: "readFile", title: "Read a file", description: "Returns the contents of a file" },
  { name: "delete_file", description: "Deletes a file for good" },
];

function fleet(): ToolSearch {
  const search = new ToolSearch();
  search.addList("thermostat", THERMOSTAT);
  search.addList("files", FILES);
  for (const room of ["attic", "garage", "kitchen"]) {
    search.setServer({ name: `home/${room}/thermostat`, description: "Heating", list: "thermostat" });
  }
  search.setServer({ name: "home/files", description: "Files of the house", list: "files" });
  search.setServer({ name: "home/unknown", description: "Nobody knows what this garage does" });
  return search;
}

const query = (words: string, more: Partial<ToolQuery> = {}): ToolQuery => ({ words, limit: 10, ...more });

const FIRST: readonly [words: string, tool: string, server: string][] = [
  ["temperature", "read_temperature", "home/attic/thermostat"],
  ["temperature garage", "read_temperature", "home/garage/thermostat"],
  ["temprature", "read_temperature", "home/attic/thermostat"],
  ["temp", "read_temperature", "home/attic/thermostat"],
  ["delete", "delete_file", "home/files"],
  ["read file", "readFile", "home/files"],
  ["READ-FILE", "readFile", "home/files"],
  ["read_file", "readFile", "home/files"],
];

for (const [words, tool, server] of FIRST) {
  Deno.test(`"${words}" finds ${tool} of ${server} first`, () => {
    const [hit] = fleet().find(query(words));
    assert.equal(hit?.tool, tool);
    assert.equal(hit?.servers[0], server);
  });
}

Deno.test("a tool of many servers is found once, with all of them", () => {
  const hits = fleet().find(query("temperature"));
  assert.deepEqual(hits.map(({ tool }) => tool), ["read_temperature", "set_target"]);
  assert.equal(hits[0]?.servers.length, 3);
});

Deno.test("words of a server find its tools, also if they say nothing of the kind", () => {
  assert.deepEqual(fleet().find(query("kitchen")).map(({ servers }) => servers[0]), [
    "home/kitchen/thermostat",
    "home/kitchen/thermostat",
  ]);
});

Deno.test("without words there are all tools", () => {
  assert.deepEqual(fleet().find(query(" ")).map(({ tool }) => tool), [
    "delete_file",
    "readFile",
    "read_temperature",
    "set_target",
  ]);
});

Deno.test("what nobody says is not found", () => {
  assert.deepEqual(fleet().find(query("submarine")), []);
  assert.deepEqual(fleet().findServers(query("submarine")), []);
});

Deno.test("only servers and tools that will do are found, and no more than are wanted", () => {
  const search = fleet();
  const inAttic = search.find(query("temperature", { server: (name) => name.includes("attic") }));
  assert.deepEqual(inAttic.map(({ servers }) => servers), [["home/attic/thermostat"], ["home/attic/thermostat"]]);
  const readOnly = search.find(query("temperature", { tool: (_, tool) => tool.startsWith("read"), limit: 1 }));
  assert.deepEqual(readOnly.map(({ tool }) => tool), ["read_temperature"]);
  assert.equal(search.find(query("temperature", { limit: 1 })).length, 1);
});

Deno.test("servers are found by their names and descriptions, also those whose tools nobody knows", () => {
  assert.deepEqual(fleet().findServers(query("garage")), ["home/garage/thermostat", "home/unknown"]);
  assert.equal(fleet().findServers(query("")).length, 5);
  assert.equal(fleet().findServers(query("", { limit: 2 })).length, 2);
});

Deno.test("who is gone is not found, and a list goes when it is taken away", () => {
  const search = fleet();
  search.removeServer("home/files");
  assert.deepEqual(search.find(query("delete")), []);
  search.setServer({ name: "home/files", list: "files" });
  assert.equal(search.find(query("delete")).length, 1);
  search.removeList("files");
  assert.deepEqual(search.find(query("delete")), []);
});

Deno.test("a server that has another list now is found by that", () => {
  const search = fleet();
  search.setServer({ name: "home/files", description: "Files", list: "thermostat" });
  assert.deepEqual(search.find(query("delete")), []);
  assert.equal(search.find(query("temperature"))[0]?.servers.length, 4);
});

Deno.test("a thousand servers with one list cost no further tools, and leave nothing behind", () => {
  const search = new ToolSearch();
  let taken = 0;
  const list = function* () {
    for (const tool of THERMOSTAT) {
      taken++;
      yield tool;
    }
  };
  for (let number = 0; number < 1_000; number++) {
    search.addList("thermostat", list());
    search.setServer({ name: `plant/${number}`, list: "thermostat" });
  }
  assert.equal(taken, THERMOSTAT.length);
  assert.equal(search.find(query("temperature"))[0]?.servers.length, 1_000);
  assert.equal(search.find(query("plant 777 temperature"))[0]?.servers[0], "plant/777");
});

Deno.test("a list of a hundred thousand tools, or of huge ones, does not keep others from being found", () => {
  const search = fleet();
  const many = Array.from(
    { length: 100_000 },
    (_, number) => ({ name: `temperature_${number}`, description: "x y z" }),
  );
  const huge = Array.from(
    { length: 50 },
    (_, number) => ({ name: `huge_${number}`, description: "temperature ".repeat(80_000) }),
  );
  search.addList("many", many);
  search.addList("huge", huge);
  search.setServer({ name: "hostile/many", list: "many" });
  search.setServer({ name: "hostile/huge", list: "huge" });
  const hits = search.find(query("read temperature attic", { limit: 1 }));
  assert.deepEqual(hits.map(({ tool, servers }) => [tool, servers[0]]), [[
    "read_temperature",
    "home/attic/thermostat",
  ]]);
  assert.equal(
    search.find(query("temperature", { limit: 1_000_000, server: (name) => name === "hostile/many" })).length,
    2_000,
  );
});
