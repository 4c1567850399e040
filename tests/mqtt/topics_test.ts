import assert from "node:assert/strict";
import {
  isTopicLevel,
  topicFilterProblem,
  topicMatches,
  topicNameProblem,
  topicPortabilityProblem,
} from "../../src/mqtt/mod.ts";
import { literalPrefix, MAXIMUM_TOPIC_LENGTH, unshared } from "../../src/mqtt/topics.ts";
import { fc, holds } from "../support/properties.ts";

for (const topic of ["a", "/", "a//b", " ", "ü/😀", "$SYS/x", "x".repeat(MAXIMUM_TOPIC_LENGTH)]) {
  Deno.test(`a topic name may be ${topic.length > 20 ? "65,535 bytes long" : JSON.stringify(topic)}`, () => {
    assert.equal(topicNameProblem(topic), undefined);
    assert.equal(topicFilterProblem(topic), undefined);
  });
}

const BAD_NAMES: readonly [topic: string, problem: RegExp][] = [
  ["", /is empty/],
  ["a/+", /wildcard/],
  ["a/#", /wildcard/],
  ["a+b", /wildcard/],
  ["a\0b", /the control character U\+0000/],
  ["a\nb", /the control character U\+000A/],
  ["a\x9fb", /the control character U\+009F/],
  [Array(129).fill("a").join("/"), /129 levels; brokers allow 128/],
  ["$share/group/a", /shared subscription/],
  ["a\ud800b", /surrogate/],
  ["x".repeat(MAXIMUM_TOPIC_LENGTH + 1), /65536 bytes/],
  ["ü".repeat(40_000), /80000 bytes/],
];

for (const [topic, problem] of BAD_NAMES) {
  Deno.test(`a topic name that ${problem.source} is none`, () => assert.match(topicNameProblem(topic) ?? "", problem));
}

for (const filter of ["#", "+", "+/+", "a/#", "/#", "a/+/b/#", "$share/group/a/#", "$share/g/+", "$SYS/#"]) {
  Deno.test(`a topic filter may be ${filter}`, () => assert.equal(topicFilterProblem(filter), undefined));
}

for (
  const filter of ["", "a+", "+a/b", "a#", "#/a", "a/#/b", "a\0", "$share/g", "$share/g/", "$share//a", "$share/+/a"]
) {
  Deno.test(`a topic filter may not be ${JSON.stringify(filter)}`, () => {
    assert.equal(typeof topicFilterProblem(filter), "string");
  });
}

const MATCHES: readonly [filter: string, topic: string, matches: boolean][] = [
  // MQTT 5.0, section 4.7.1, the examples of the standard.
  ["sport/tennis/player1/#", "sport/tennis/player1", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
  ["sport/#", "sport", true],
  ["#", "a/b/c", true],
  ["sport/tennis/+", "sport/tennis/player1", true],
  ["sport/tennis/+", "sport/tennis/player1/ranking", false],
  ["sport/+", "sport", false],
  ["sport/+", "sport/", true],
  ["+/+", "/finance", true],
  ["/+", "/finance", true],
  ["+", "/finance", false],
  // Section 4.7.2.
  ["#", "$SYS/monitor/Clients", false],
  ["+/monitor/Clients", "$SYS/monitor/Clients", false],
  ["$SYS/#", "$SYS/monitor/Clients", true],
  ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
  // Section 4.7.3: topics differ by case, by a leading and by a trailing slash.
  ["ACCOUNTS", "Accounts", false],
  ["/finance", "finance", false],
  ["a/", "a", false],
  ["a", "a", true],
  ["a", "a/b", false],
  ["a/b", "a", false],
  ["$share/group/a/#", "a/b", true],
  ["$share/group/#", "$SYS/x", false],
  ["$share/group/a", "$share/group/a", false],
];

for (const [filter, topic, matches] of MATCHES) {
  Deno.test(`${filter} ${matches ? "matches" : "does not match"} ${topic}`, () => {
    assert.equal(topicMatches(filter, topic), matches);
  });
}

const level = fc.constantFrom("a", "b", "", "$x");

Deno.test("a topic matches itself, and every filter that puts wildcards for its levels", () => {
  holds(fc.tuple(fc.array(level, { minLength: 1, maxLength: 5 }), fc.nat(31)), ([levels, mask]) => {
    const topic = levels.join("/");
    assert.equal(topicMatches(topic, topic), true);
    const filter = levels.map((level, index) => (mask >> index) % 2 === 1 ? "+" : level).join("/");
    const dollar = topic.startsWith("$") && filter.startsWith("+");
    assert.equal(topicMatches(filter, topic), !dollar);
    assert.equal(topicMatches(`${topic}/#`, topic), true);
    assert.equal(topicMatches(`${topic}/+`, topic), false);
  });
});

Deno.test("a shared filter without its group is the filter", () => {
  assert.equal(unshared("$share/group/a/b/#"), "a/b/#");
  assert.equal(unshared("$shared/group/a"), "$shared/group/a");
});

Deno.test("topics that some cloud brokers refuse are told apart", () => {
  assert.equal(topicPortabilityProblem("a/b/c/d/e/f/g/h"), undefined);
  assert.match(topicPortabilityProblem("a/b/c/d/e/f/g/h/i") ?? "", /9 levels; some cloud brokers allow 8/);
  assert.equal(topicPortabilityProblem("x".repeat(256)), undefined);
  assert.match(topicPortabilityProblem("ü".repeat(129)) ?? "", /258 bytes; some cloud brokers allow 256/);
});

Deno.test("one level of a topic has no separator, no wildcard and no NUL", () => {
  for (const text of ["a", " ", "ü😀", "$a", "a.b-c_d", "{client}"]) assert.equal(isTopicLevel(text), true, text);
  for (const text of ["", "a/b", "+", "a#", "\0", "\udc00"]) assert.equal(isTopicLevel(text), false, text);
});

Deno.test("every topic that a filter matches begins with the filter's literal part", () => {
  const examples = [["a/b/+", "a/b"], ["a/#", "a"], ["#", ""], ["+/b", ""], ["a", "a"], ["$share/group/a/+/c", "a"]];
  for (const [filter = "", prefix] of examples) assert.equal(literalPrefix(filter), prefix);
  const levels = fc.array(fc.constantFrom("a", "b", "", "+"), { minLength: 1, maxLength: 4 });
  const parts = fc.array(fc.constantFrom("a", "b", ""), { minLength: 1, maxLength: 5 });
  holds(fc.tuple(levels, fc.boolean(), parts), ([levels, isOpen, parts]) => {
    const [filter, topic] = [levels.join("/") + (isOpen ? "/#" : ""), parts.join("/")];
    if (topicMatches(filter, topic)) assert.ok(topic.startsWith(literalPrefix(filter)), `${filter} and ${topic}`);
  });
});
