import assert from "node:assert/strict";
import { clientId, InvalidValue, listOf, text, topicFilter } from "../../src/config/kinds.ts";
import { filled, placeholderNeeds } from "../../src/config/placeholders.ts";
import { ADDRESS_SETTINGS, namesServerClient, resolveAddress } from "../../src/wire/mod.ts";
import { BROKER_SETTINGS, fromOptions, resolve, SERVE_SETTINGS } from "../../src/config/mod.ts";

/** Runs `body` with a variable that is there only meanwhile. */
function withVariable(name: string, value: string, body: () => void): void {
  Deno.env.set(name, value);
  try {
    body();
  } finally {
    Deno.env.delete(name);
  }
}

Deno.test("the names of this machine and of variables are filled in before a text is checked", () => {
  withVariable("PLACEHOLDER_ROOM", "attic", () => {
    const id = filled(clientId);
    assert.equal(id.fromText("{hostname}-{env:PLACEHOLDER_ROOM}-1"), `${Deno.hostname()}-attic-1`);
    assert.equal(id.fromValue("{env:PLACEHOLDER_ROOM}"), "{env:PLACEHOLDER_ROOM}");
  });
  withVariable("PLACEHOLDER_ROOM", "a/b", () => {
    assert.throws(() => filled(clientId).fromText("{env:PLACEHOLDER_ROOM}"), /must not contain \/ \+ #.*"a\/b"/);
  });
});

Deno.test("what a variable holds is taken as it is", () => {
  withVariable("PLACEHOLDER_ROOM", "{hostname}", () => {
    assert.equal(filled(text).fromText("{env:PLACEHOLDER_ROOM}"), "{hostname}");
  });
});

Deno.test("in a list, each item is filled in", () => {
  withVariable("PLACEHOLDER_ROOM", "attic", () => {
    const filters = listOf(filled(topicFilter));
    assert.deepEqual(filters.fromText("{env:PLACEHOLDER_ROOM}/# b/{env:PLACEHOLDER_ROOM}"), ["attic/#", "b/attic"]);
    assert.deepEqual(filters.fromValue(["{env:PLACEHOLDER_ROOM}/#"]), ["attic/#"]);
    assert.equal(filters.hasPlaceholders, true);
  });
});

Deno.test("a placeholder that stands for nothing is named, with those that there are", () => {
  const later = filled(text, "later");
  for (
    const [given, problem] of [
      ["a-{env:PLACEHOLDER_NONE}", /has \{env:PLACEHOLDER_NONE\}, but the variable PLACEHOLDER_NONE is not set/],
      ["a-{host}", /has \{host\}, which stands for nothing here: there are \{hostname\} and \{env:NAME\}/],
      ["a-{client}", /has \{client\}, which stands for nothing here/],
      ["a-{env:}", /has \{env:\}, which stands for nothing here/],
      ["a-{hostname:x}", /has \{hostname:x\}, which stands for nothing here/],
      ["a-${env:HOME}", /has \$\{env:HOME\}, which the host has not filled in/],
    ] as const
  ) {
    assert.throws(
      () => filled(text).fromText(given),
      (error) => error instanceof InvalidValue && problem.test(error.message),
    );
  }
  assert.equal(later.fromText("a-{client}"), "a-{client}");
  assert.throws(() => later.fromText("{clint}"), /there are \{hostname\}, \{client\} and \{env:NAME\}/);
});

Deno.test("braces around something else than a word are characters like any other", () => {
  for (const given of ["{}", '{"a":1}', "{a b}", "a{", "{1}"]) assert.equal(filled(text).fromText(given), given);
});

Deno.test("it is known what a text takes of permissions", () => {
  assert.deepEqual(placeholderNeeds("a/{hostname}/{env:ROOM}/{env:FLOOR}/{client}"), {
    hostname: true,
    variables: ["ROOM", "FLOOR"],
  });
  assert.deepEqual(placeholderNeeds("a/b"), { hostname: false, variables: [] });
});

Deno.test("{client} in a server's name or topic is the client id of serve, and nobody else's", () => {
  const options = fromOptions(ADDRESS_SETTINGS, { name: "home/{client}", topic: "base/{client}/x" });
  assert.ok(namesServerClient(options));
  const address = resolveAddress(options, { serverClient: "dev-1" });
  assert.deepEqual([address.label, address.options.topic], ["home/dev-1", "base/dev-1/x"]);
  assert.throws(() => resolveAddress(options), /\{client\} in a server's name or base topic is the client id of serve/);
  const requests = fromOptions(ADDRESS_SETTINGS, { name: "a", requestTopic: "in/{client}" });
  assert.equal(resolveAddress(requests).options.requestTopic, "in/{client}");
});

Deno.test("the topic of clients that are gone is filled in too, but for the client id", () => {
  const { closedTopic } = SERVE_SETTINGS;
  const read = (topic: string) =>
    resolve({ closedTopic }, { flags: { closedTopic: topic }, environment: () => undefined }).closedTopic;
  withVariable("PLACEHOLDER_ROOM", "attic", () => {
    assert.equal(read("{env:PLACEHOLDER_ROOM}/{client}/gone"), "attic/{client}/gone");
  });
  assert.throws(() => read("{env:PLACEHOLDER_NONE}/{client}"), /--closed-topic has .* PLACEHOLDER_NONE is not set/);
  assert.throws(() => read("gone/{clint}"), /--closed-topic has \{clint\}, which stands for nothing here/);
});

Deno.test("a client id is put in as it is, whatever its characters", () => {
  const options = fromOptions(ADDRESS_SETTINGS, { name: "home/{client}" });
  assert.equal(resolveAddress(options, { serverClient: "a$&b$$" }).label, "home/a$&b$$");
});

Deno.test("a client id cannot be made of itself", () => {
  const read = () => resolve(BROKER_SETTINGS, { flags: { clientId: "a-{client}" }, environment: () => undefined });
  assert.throws(read, /--client-id has \{client\}/);
});
