import assert from "node:assert/strict";
import type { ReceivedPacket } from "../../../../src/mqtt/mod.ts";
import {
  clientSealing,
  generateKeyPair,
  type KeyPair,
  publicKeyText,
  serverSealing,
} from "../../../../src/seal/mod.ts";
import { SealedSessions } from "../../../../src/wire/request_response/sealed/sealed_sessions.ts";
import { SealedLink } from "../../../../src/wire/request_response/sealed/sealed_link.ts";
import { ServerSession } from "../../../../src/wire/request_response/server/server_session.ts";
import { PathLimit } from "../../../../src/wire/request_response/session/path_limit.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { ScriptedLink } from "../../../support/scripted_link.ts";
import { SERVER_OPTIONS } from "../../../support/wire_options.ts";

const SERVER = generateKeyPair();
const BASE = "mcp/demo";

/** The sealed sessions of a server, and clients that begin handshakes with it. */
function world() {
  const clock = new ManualClock();
  const link = new ScriptedLink("s1");
  const names = new Map<string, string>();
  const opened: string[] = [];
  const ended: string[] = [];
  let changed = () => {};
  const abort = new AbortController();
  const sessions = new SealedSessions({
    link,
    base: BASE,
    sealing: serverSealing(SERVER, { names, watch: (listener) => void (changed = listener) }, false),
    instanceTopic: (client) => `${BASE}/instance/s1/${client}`,
    make: ({ client, session, responseTopic }, sealed, { name }) => {
      const made = new ServerSession({
        name: `${name}/${client}`,
        link: sealed,
        sessionId: session,
        format: 2,
        window: () => 64,
        limit: new PathLimit(() => {}),
        responseTopic,
        instanceTopic: undefined,
        options: { ...SERVER_OPTIONS, serverName: "demo", clientId: "s1", opened: () => {} },
        clock,
      });
      void made.closed.then((failure) => ended.push(`${made.name} ${failure?.reason}`));
      return made;
    },
    opened: ({ name }) => void opened.push(name),
    clock,
  }, abort.signal);

  const authorized = (name = "ada"): KeyPair => {
    const pair = generateKeyPair();
    names.set(publicKeyText(pair.publicKey), name);
    return pair;
  };
  /** Begins a handshake; what is returned sends the first packet of its session, if it was answered. */
  const begin = (own: KeyPair, client: string, session: string) => {
    const handshake = clientSealing(own, SERVER.publicKey).begin(BASE, session);
    const place = { client, session, responseTopic: `${BASE}/response/${client}` };
    const before = link.published.length;
    sessions.begin(packet(handshake.message), place);
    const answer = link.published.slice(before).at(-1);
    const agreed = answer && handshake.finish(answer.payload);
    return {
      message: handshake.message,
      answered: answer !== undefined,
      first: () => {
        assert.ok(agreed !== undefined);
        const sent = new ScriptedLink(client);
        const topic = `${BASE}/instance/s1/${client}`;
        const sealed = new SealedLink({ link: sent, seal: agreed.seal, session, topic, exhausted: () => {} });
        const userProperties = { "mcp-seq": "1", "mcp-ack": "0" };
        sealed.publish({
          topic,
          payload: new TextEncoder().encode('{"id":1,"method":"x"}'),
          qos: 0,
          properties: { userProperties },
        });
        return sessions.deliver(packet(sent.published[0]?.payload ?? new Uint8Array()), client, session);
      },
    };
  };
  const removeAll = () => {
    names.clear();
    changed();
  };
  return { clock, link, opened, ended, sessions, abort, authorized, removeAll, begin };
}

function packet(payload: Uint8Array): ReceivedPacket {
  return { topic: "t", payload, qos: 0, retain: false, properties: {} };
}

Deno.test("a session begins with the first packet that opens, not with the handshake", () => {
  const { opened, authorized, begin } = world();
  const client = begin(authorized("ada"), "c1", "s1");
  assert.deepEqual(opened, []);
  assert.ok(client.first());
  assert.deepEqual(opened, ["ada/c1"]);
});

Deno.test("the same first message gets the same answer, costs no second handshake, and no more answers than others", async () => {
  const { clock, link, authorized, begin, sessions } = world();
  const { message } = begin(authorized(), "c1", "s1");
  const place = { client: "c1", session: "s1", responseTopic: `${BASE}/response/c1` };
  for (let time = 0; time < 50; time++) sessions.begin(packet(message), place);
  await clock.advance(1_000);
  for (let time = 0; time < 50; time++) sessions.begin(packet(message), place);
  const answers = new Set(link.published.map(({ payload }) => payload.join()));
  assert.deepEqual([link.published.length, answers.size], [10 + 5, 1]);
});

Deno.test("of one key two handshakes wait, and the oldest goes", () => {
  const { authorized, begin } = world();
  const pair = authorized();
  const [one, two, three] = ["s1", "s2", "s3"].map((session) => begin(pair, "c1", session));
  assert.deepEqual([one?.first(), two?.first(), three?.first()], [false, true, true]);
});

Deno.test("256 handshakes wait in all, and one for no longer than 10 seconds", async () => {
  const { clock, authorized, begin } = world();
  const first = begin(authorized(), "c0", "s");
  for (let number = 1; number <= 256; number++) {
    if (number % 50 === 0) await clock.advance(1_000); // no more are read in a second
    assert.ok(begin(authorized(), `c${number}`, "s").answered, String(number));
  }
  assert.equal(first.first(), false);
  const last = begin(authorized(), "c257", "s");
  await clock.advance(9_999);
  const newer = begin(authorized(), "c258", "s");
  assert.ok(last.first());
  await clock.advance(10_000);
  assert.equal(newer.first(), false);
});

Deno.test("a client has 10 handshakes at once and 5 a second, and takes none from others", async () => {
  const { clock, authorized, begin } = world();
  const [loud, quiet] = [authorized(), authorized()];
  const tries = (count: number) =>
    Array.from({ length: count }, () => begin(loud, "loud", crypto.randomUUID())).filter(({ answered }) => answered)
      .length;
  assert.equal(tries(100), 10);
  assert.ok(begin(quiet, "quiet", "s").answered);
  await clock.advance(1_000);
  assert.equal(tries(100), 5);
});

Deno.test("somebody who is not authorized is answered like everybody else, and gets no session", () => {
  const { link, begin, opened, authorized } = world();
  begin(authorized(), "c2", "s2");
  const [{ payload } = { payload: new Uint8Array() }] = link.published.splice(0);
  const stranger = begin(generateKeyPair(), "c1", "s1");
  assert.ok(stranger.answered);
  assert.deepEqual([link.published[0]?.payload.length, opened.length], [payload.length, 0]);
});

Deno.test("when the server ends, no handshake keeps a timer", () => {
  const { clock, abort, authorized, begin } = world();
  begin(authorized(), "c1", "s1");
  assert.equal(clock.timers, 1);
  abort.abort();
  assert.equal(clock.timers, 0);
});

Deno.test("two keys that use one client id and one name for their sessions are two clients", () => {
  const { opened, ended, authorized, begin } = world();
  const [ada, eve] = [begin(authorized("ada"), "c1", "s1"), begin(authorized("eve"), "c1", "s1")];
  assert.ok(eve.first() && ada.first());
  assert.deepEqual([opened, ended], [["eve/c1", "ada/c1"], []]);
});

Deno.test("a client that is taken off the list gets nothing more, whatever it has not acknowledged yet", async () => {
  const { opened, ended, authorized, removeAll, begin, sessions, link } = world();
  begin(authorized("ada"), "c1", "s1").first();
  const late = begin(authorized("bob"), "c2", "s2");
  removeAll();
  await Promise.resolve();
  assert.deepEqual([opened, ended], [["ada/c1"], ["ada/c1 not-authorized"]]);
  const before = link.published.length;
  sessions.doubt("c1");
  assert.equal(late.first(), false);
  assert.equal(link.published.length, before);
});

Deno.test("the keys of a session are used for a day, and an hour more if the client does not notice", async () => {
  const { clock, opened, ended, authorized, begin } = world();
  begin(authorized("ada"), "c1", "s1").first();
  const hour = 60 * 60 * 1_000;
  await clock.advance(24 * hour);
  assert.deepEqual([opened, ended], [["ada/c1"], []]);
  for (let minute = 0; minute < 62; minute++) await clock.advance(hour / 60);
  assert.deepEqual(ended, ["ada/c1 session-ended"]);
  assert.equal(clock.timers, 0);
});

Deno.test("somebody who says again and again that a client is gone makes the server ask once", () => {
  const { link, authorized, begin, sessions } = world();
  begin(authorized("ada"), "c1", "s1").first();
  const before = link.published.length;
  for (let time = 0; time < 100; time++) sessions.doubt("c1");
  assert.equal(link.published.length - before, 1);
});
