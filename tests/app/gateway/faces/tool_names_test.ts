import assert from "node:assert/strict";
import { mayBelongTo, type ServerTool, ToolNames } from "../../../../src/app/gateway/faces/tool_names.ts";
import { fc, holds } from "../../../support/properties.ts";

const NAMES: readonly [server: string, tool: string, name: RegExp][] = [
  ["files", "read_file", /^files__read_file$/],
  ["home/files", "read_file", /^home--files__read_file$/],
  ["home/living-room/thermostat", "get-temperature", /^home--living-room--thermostat__get-temperature$/],
  ["files", "fs__read", /^files__fs__read$/],
  ["files", "read.file", /^files__read_file--\w{6}$/],
  ["files", "wiki/read", /^files__wiki_read--\w{6}$/],
  ["Küche", "température", /^Kuche__temperature--\w{6}$/],
  ["工場", "read", /^____read--\w{6}$/],
  ["a__b", "c", /^a__b__c--\w{6}$/],
  ["a_", "b", /^a___b--\w{6}$/],
  ["a--b", "c", /^a--b__c--\w{6}$/],
  ["a/-b", "c", /^a---b__c--\w{6}$/],
  ["a", "b--abcdef", /^a__b--abcdef--\w{6}$/],
  ["a", `b--${"a".repeat(26)}`, /^a__b--a{26}--\w{6}$/],
  ["a", "", /^a__$/],
  [
    "plant/hall-3/line-7/robot-12/gripper/controller",
    "close_the_gripper_with_some_force",
    /--gripper--controller__close_the_gripper_with_some_force--\w{6}$/,
  ],
  ["s", "t".repeat(200), /^s__t{53}--\w{6}$/],
  ["s".repeat(200), "t".repeat(200), /^s{18}__t{36}--\w{6}$/],
];

for (const [server, tool, name] of NAMES) {
  Deno.test(`the tool "${tool.slice(0, 40)}" of "${server.slice(0, 50)}" is called ${name.source.slice(0, 60)}`, () => {
    const names = new ToolNames();
    names.add(server, tool);
    const given = names.of(server, tool) ?? "";
    assert.match(given, name);
    assert.match(given, /^[\w-]{1,64}$/);
    assert.deepEqual({ server: names.find(given)?.server, tool: names.find(given)?.tool }, { server, tool });
  });
}

Deno.test("a name without a tool is found by nobody", () => {
  const names = new ToolNames();
  names.add("files", "read");
  assert.equal(names.find("files__write"), undefined);
  assert.equal(names.of("files", "write"), undefined);
  names.remove("files");
  names.remove("files");
  assert.equal(names.find("files__read"), undefined);
});

Deno.test("no two tools have one name, and each has the same in whatever order they come", () => {
  // Few characters, those that the rules are about, so that names often come near each other.
  const text = fc.string({ unit: fc.constantFrom("a", "_", "-", "/", ".", "é", "abcdef"), maxLength: 12 });
  const tools = fc.array(fc.record({ server: text, tool: text }), { maxLength: 30 });
  holds(tools, (tools) => {
    const all = namesOf(tools);
    assert.deepEqual(namesOf(tools.toReversed()), all);
    const distinct = new Set(tools.map(({ server, tool }) => JSON.stringify([server, tool])));
    assert.equal(new Set(all.values()).size, distinct.size);
    for (const name of all.values()) assert.match(name, /^[\w-]{1,64}$/);
    const names = new ToolNames();
    for (const { server, tool } of tools) names.add(server, tool);
    for (const { server, tool } of tools) assert.ok(mayBelongTo(names.of(server, tool) ?? "", server));
  });
});

Deno.test("most servers cannot have a tool of a name", () => {
  const servers = ["files", "home/files", "files/home", "home/old-files", "plant"];
  const suitable = (name: string) => servers.filter((server) => mayBelongTo(name, server));
  assert.deepEqual(suitable("home--files__read"), ["home/files"]);
  assert.deepEqual(suitable("files__read_file--abcdef"), ["files", "home/files", "home/old-files"]);
  assert.deepEqual(suitable("read"), []);
  assert.deepEqual(suitable("__read--abcdef"), []);
});

Deno.test("a server cannot take the name of another server's tool, whatever it calls its own", () => {
  const victim = namesOf([{ server: "home files", tool: "read" }]);
  const [name = ""] = victim.values();
  const [stem = "", tail = ""] = name.split("__");
  const names = new ToolNames();
  for (const { server, tool } of [{ server: stem, tool: tail }, { server: "home files", tool: "read" }]) {
    names.add(server, tool);
  }
  assert.deepEqual(names.find(name)?.server, "home files");
});

Deno.test("when two tools would have one name, neither has it, until one of them is gone", () => {
  const [first, second] = collision();
  const names = new ToolNames();
  names.add(first.server, first.tool);
  const shared = names.of(first.server, first.tool) ?? "";
  assert.deepEqual(namesOf([second]).values().toArray(), [shared]);
  names.add(second.server, second.tool);
  assert.equal(names.find(shared), undefined);
  const [one = "", other = ""] = [first, second].map(({ server, tool }) => names.of(server, tool) ?? "");
  assert.notEqual(one, other);
  for (const name of [one, other]) assert.match(name, /^[\w-]{1,64}$/);
  assert.equal(names.find(one)?.server, first.server);
  assert.equal(names.find(other)?.server, second.server);
  names.remove(second.server);
  assert.equal(names.find(shared)?.server, first.server);
  assert.equal(names.find(one), undefined);
});

function namesOf(tools: readonly ServerTool[]): Map<string, string> {
  const names = new ToolNames();
  for (const { server, tool } of tools) names.add(server, tool);
  const all = tools.map(({ server, tool }): [string, string] => [
    JSON.stringify([server, tool]),
    names.of(server, tool) ?? "",
  ]);
  return new Map(all.toSorted(([a], [b]) => a < b ? -1 : 1));
}

/** Two servers whose tools would have one name: found by trying, as the hash is short, and can be found by anybody. */
function collision(): [ServerTool, ServerTool] {
  const [one, other] = ["702", "31216"].map((number) => ({ server: `${number}${"s".repeat(60)}`, tool: "t" }));
  assert.ok(one !== undefined && other !== undefined);
  return [one, other];
}
