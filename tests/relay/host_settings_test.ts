import assert from "node:assert/strict";
import { Message } from "../../src/core/message.ts";
import { HostSettings } from "../../src/relay/host_settings.ts";
import { request, response } from "../support/messages.ts";

const subscribe = (id: string, uri: string) => request(id, "resources/subscribe", JSON.stringify({ uri }));
const unsubscribe = (id: string, uri: string) => request(id, "resources/unsubscribe", JSON.stringify({ uri }));
const setLevel = (id: string, level: string) => request(id, "logging/setLevel", JSON.stringify({ level }));
const refusal = (id: number) => Message.from({ jsonrpc: "2.0", id, error: { code: -32602, message: "No" } });

function settings(...messages: readonly Message[]): HostSettings {
  const settings = new HostSettings();
  for (const message of messages) {
    if (message.kind === "response") settings.received(message);
    else settings.sent(message);
  }
  return settings;
}

const ids = (settings: HostSettings) => settings.messages.map(({ id }) => id);

Deno.test("what the server has accepted is kept, each subscription and the last log level", () => {
  const all = [setLevel("1", "info"), subscribe("2", "a:1"), subscribe("3", "a:2"), setLevel("4", "debug")];
  assert.deepEqual(ids(settings(...all, ...["1", "2", "3", "4"].map((id) => response(id)))), ["2", "3", "4"]);
});

Deno.test("what it has refused, or not answered, is not", () => {
  assert.deepEqual(ids(settings(subscribe("1", "a:1"), refusal(1), subscribe("2", "a:2"), response("3"))), []);
});

Deno.test("what the host has taken back is forgotten, and can be asked for again", () => {
  const before = [subscribe("1", "a:1"), response("1"), unsubscribe("2", "a:1"), response("2")];
  assert.deepEqual(ids(settings(...before)), []);
  assert.deepEqual(ids(settings(...before, subscribe("3", "a:1"), response("3"))), ["3"]);
});

Deno.test("a new conversation begins with nothing", () => {
  const some = settings(subscribe("1", "a:1"), response("1"));
  some.clear();
  assert.deepEqual(ids(some), []);
});
