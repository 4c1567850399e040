import fc from "fast-check";
import assert from "node:assert/strict";
import { TopicIndex } from "../../src/mqtt/topic_index.ts";
import { topicMatches } from "../../src/mqtt/topics.ts";

Deno.test("an entry is found by its own filter, replaced and taken out", () => {
  const index = new TopicIndex<{ filter: string; name: string }>();
  index.set({ filter: "a/b", name: "first" });
  index.set({ filter: "a/b", name: "second" });
  assert.equal(index.get("a/b")?.name, "second");
  assert.deepEqual(index.matching("a/b").map(({ name }) => name), ["second"]);
  assert.ok(index.delete("a/b"));
  assert.ok(!index.delete("a/b"));
  assert.deepEqual(index.matching("a/b"), []);
});

Deno.test("a topic that looks like a wildcard filter is no way around the rules of wildcards", () => {
  const index = new TopicIndex<{ filter: string }>();
  index.set({ filter: "#" });
  assert.deepEqual(index.matching("$SYS/x"), []);
});

Deno.test("whatever is added and taken out, it finds what the rules of topic filters say", () => {
  const level = fc.constantFrom("a", "b", "$a", "");
  const topic = fc.array(level, { minLength: 1, maxLength: 3 }).map((levels) => levels.join("/"));
  const filter = fc.tuple(fc.array(fc.constantFrom("a", "b", "$a", "", "+"), { maxLength: 2 }), fc.boolean())
    .map(([levels, all]) => [...levels, ...(all ? ["#"] : ["a"])].join("/"));
  const step = fc.record({ add: fc.boolean(), filter, topic });
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const index = new TopicIndex<{ filter: string }>();
    const there = new Set<string>();
    for (const { add, filter, topic } of steps) {
      if (add) index.set({ filter });
      else index.delete(filter);
      if (add) there.add(filter);
      else there.delete(filter);
      const expected = [...there].filter((one) => topicMatches(one, topic));
      assert.deepEqual(index.matching(topic).map(({ filter }) => filter).toSorted(), expected.toSorted());
    }
  }));
});
