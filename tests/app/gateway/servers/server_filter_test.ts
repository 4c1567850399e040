import assert from "node:assert/strict";
import { serverFilter, serverFilterProblem } from "../../../../src/app/gateway/servers/server_filter.ts";

const MATCHES: readonly [filters: readonly string[], server: string, matches: boolean][] = [
  [[], "home/files", true],
  [["#"], "home/files", true],
  [["#"], "$dollar", true],
  [["+"], "$dollar", true],
  [["+"], "files", true],
  [["+"], "home/files", false],
  [["home/+"], "home/files", true],
  [["home/+"], "home/files/old", false],
  [["home/#"], "home/files/old", true],
  [["home/#"], "home", true],
  [["home/files"], "home/files", true],
  [["home/files"], "home/file", false],
  [["plant/#", "home/files"], "home/files", true],
  [["plant/#", "home/files"], "office", false],
  [["+/thermostat"], "attic/thermostat", true],
  [["$share/a/#"], "home", false],
];

for (const [filters, server, matches] of MATCHES) {
  Deno.test(`${JSON.stringify(filters)} ${matches ? "matches" : "does not match"} ${server}`, () => {
    assert.equal(serverFilter(filters)(server), matches);
  });
}

for (const filter of ["a+", "a/#/b", "", "#a", "a\0"]) {
  Deno.test(`${JSON.stringify(filter)} is no filter of names`, () => {
    assert.equal(typeof serverFilterProblem(filter), "string");
  });
}

for (const filter of ["#", "+", "home/files", "home/+/x", "home/#", "$x/#"]) {
  Deno.test(`${filter} is a filter of names`, () => assert.equal(serverFilterProblem(filter), undefined));
}
