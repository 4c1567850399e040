import assert from "node:assert/strict";
import { FleetDirectory } from "../../../../src/app/gateway/servers/directory.ts";
import type { Announcement } from "../../../../src/wire/mod.ts";

/** The presence of an instance. The default base topic is not named. */
function presence(serverName: string, base?: string, instance = "i", profile = "request-response"): Announcement {
  const topic = `${profile}/${base ?? serverName}/presence/${instance}`;
  return { profile, topic, serverName, base, instance, online: true, description: "", meta: {} } as Announcement;
}

/** A directory with these instances, and what was told of it. */
function directory(...announcements: Announcement[]) {
  const told: string[] = [];
  const made = new FleetDirectory({ names: [], meta: [] }, (name, how) => told.push(`${name} ${how}`));
  for (const announcement of announcements) made.note(announcement);
  const names = () => [...made.servers].map(({ name, instances }) => `${name} ${instances}`).toSorted();
  return { made, told, names };
}

const gone = (announcement: Announcement) => ({ ...announcement, online: false });

Deno.test("instances of one name are one server, in whichever profiles they are", () => {
  const open = presence("x", undefined, "i2", "mcp-over-mqtt");
  const { made, told, names } = directory(presence("x", "plant/x"), open, presence("x", "plant/x", "i3"));
  assert.deepEqual(names(), ["x 2"]);
  assert.deepEqual(made.get("x")?.places.map(({ profile }) => profile), ["request-response", "mcp-over-mqtt"]);
  made.note(gone(open));
  made.note(gone(presence("x", "plant/x")));
  made.note(gone(presence("x", "plant/x", "i3")));
  assert.deepEqual(names(), []);
  assert.deepEqual(told, ["x came", "x says", "x says", "x says", "x says", "x went"]);
});

Deno.test("the first base topic owns a name, until the default one comes; the others get names of their own", () => {
  const { made, told, names } = directory(presence("x", "a"), presence("x", "b"));
  assert.deepEqual(names(), ["@b 1", "x 1"]);
  assert.equal(made.get("x")?.places[0]?.base, "a");
  made.note(presence("x"));
  assert.deepEqual(names(), ["@a 1", "@b 1", "x 1"]);
  assert.equal(made.get("x")?.places[0]?.base, undefined);
  made.note(gone(presence("x")));
  assert.deepEqual(names(), ["@a 1", "@b 1"], "nobody takes the name over");
  assert.deepEqual(told, ["x came", "@b came", "x says", "@a came", "x went"]);
});

Deno.test("an instance that takes another name is no longer of the server that it was of", () => {
  const { made, names } = directory(presence("x", "a"), presence("x", "a", "i2"));
  made.note({ ...presence("x", "a"), serverName: "y" });
  assert.deepEqual(names(), ["x 1", "y 1"]);
});

Deno.test("instances below one base topic that want names of several other servers are one server", () => {
  const wants = (name: string, instance: string) => presence(name, "a", instance);
  const { made, names } = directory(presence("x"), presence("y"), wants("x", "i1"), wants("y", "i2"), wants("z", "i3"));
  assert.deepEqual(names(), ["@a 2", "x 1", "y 1", "z 1"]);
  made.note(gone(wants("x", "i1")));
  assert.deepEqual(names(), ["@a 1", "x 1", "y 1", "z 1"]);
  made.note(gone(wants("y", "i2")));
  assert.deepEqual(names(), ["x 1", "y 1", "z 1"]);
});

Deno.test("who wants a name that a thousand others want costs no more than the first of them", () => {
  let looked = 0;
  const meta = {
    get toolsDigest() {
      looked++;
      return "none";
    },
  };
  const { made, names } = directory();
  for (let count = 0; count < 1_000; count++) made.note({ ...presence("x", `b${count}`), meta });
  assert.equal(names().length, 1_000);
  assert.ok(looked < 20_000, `looked ${looked} times at what the presences say`);
});
