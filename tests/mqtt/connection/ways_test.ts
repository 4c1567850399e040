import assert from "node:assert/strict";
import { Secret } from "../../../src/core/secret.ts";
import { testOnMosquitto } from "../../support/brokers.ts";
import { makeCertificates } from "../../support/certificates.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { mosquitto } from "../../support/mosquitto.ts";
import { Link, type LinkOptions } from "../../support/test_link.ts";
import { eventually } from "../../support/wait.ts";

/** Sends messages to itself through the broker, one of them large. */
async function works(url: string, options: LinkOptions = {}): Promise<void> {
  await using link = new Link(url, options);
  void link.hear("a/#");
  await link.online();
  const payload = crypto.getRandomValues(new Uint8Array(60_000));
  for (const size of [0, 125, 126, 60_000]) await link.say(`a/${size}`, { payload: payload.subarray(0, size) });
  await eventually("the messages are there", () => link.topics.length === 4);
  assert.deepEqual(link.arrivals.map(({ payload }) => payload.length), [0, 125, 126, 60_000]);
  assert.deepEqual(new Uint8Array(link.arrivals[3]?.payload ?? []), payload);
}

/** A proxy that passes on what its clients ask for, and remembers what that was. */
function proxy(kind: "http" | "socks5", login?: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: string[] = [];
  const open = new Set<Deno.Conn>();
  const serve = async (client: Deno.Conn) => {
    open.add(client);
    const buffer = new Uint8Array(4096);
    const read = async () => buffer.slice(0, await client.read(buffer) ?? 0);
    let target: { hostname: string; port: number };
    if (kind === "http") {
      const head = new TextDecoder().decode(await read());
      const [, hostname = "", port = ""] = /^CONNECT ([^ ]+):(\d+) /.exec(head) ?? [];
      asked.push(`${hostname} ${/Basic (\S+)/.exec(head)?.[1] ?? ""}`.trim());
      if (login !== undefined && !head.includes(btoa(login))) {
        await client.write(new TextEncoder().encode("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
        return client.close();
      }
      target = { hostname, port: Number(port) };
    } else {
      await read();
      await client.write(Uint8Array.of(5, login === undefined ? 0 : 2));
      if (login !== undefined) {
        const [, length = 0, ...rest] = await read();
        asked.push(new TextDecoder().decode(Uint8Array.from(rest.slice(0, length))));
        await client.write(Uint8Array.of(1, 0));
      }
      const request = await read();
      const length = request[4] ?? 0;
      const hostname = new TextDecoder().decode(request.subarray(5, 5 + length));
      asked.push(hostname);
      target = { hostname, port: (request[5 + length] ?? 0) * 256 + (request[6 + length] ?? 0) };
    }
    const server = await Deno.connect(target);
    open.add(server);
    const answer = kind === "http" ? "HTTP/1.1 200 OK\r\n\r\n" : "\x05\0\0\x01\0\0\0\0\0\0";
    await client.write(new TextEncoder().encode(answer));
    await Promise.all([
      client.readable.pipeTo(server.writable).catch(() => {}),
      server.readable.pipeTo(client.writable).catch(() => {}),
    ]);
  };
  const running = (async () => {
    for await (const client of listener) void serve(client).catch(() => {});
  })();
  return {
    url: (user = "") => new Secret(`${kind}://${user}127.0.0.1:${listener.addr.port}`),
    asked,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // It has ended.
        }
      }
      await running;
    },
  };
}

for (const kind of ["http", "socks5"] as const) {
  testOnMosquitto(`a ${kind} proxy leads to every kind of broker, with a login and without`, async () => {
    await using certificates = await makeCertificates();
    const { authority, server } = certificates;
    const tls = { ca: authority.certificateText };
    const secure = [
      "allow_anonymous true",
      `cafile ${authority.certificate}`,
      `certfile ${server.certificate}`,
      `keyfile ${server.key}`,
    ];
    await using plain = await mosquitto();
    await using encrypted = await mosquitto({ scheme: "mqtts", configuration: secure });
    await using webSocket = await mosquitto({ scheme: "ws" });
    await using open = proxy(kind);
    await works(plain.url, { proxy: open.url() });
    await works(webSocket.url, { proxy: open.url() });
    await works(encrypted.url.replace("127.0.0.1", "localhost"), { proxy: open.url(), tls });
    assert.deepEqual(open.asked, ["127.0.0.1", "127.0.0.1", "localhost"]);
    await using guarded = proxy(kind, "me:secret");
    await works(plain.url, { proxy: guarded.url("me:secret@") });
    assert.match(guarded.asked.join(), kind === "http" ? /bWU6c2VjcmV0/ : /me/);
  });
}

Deno.test("a proxy that does not let us through is named, with what is wrong", async () => {
  await using broker = await embeddedBroker();
  await using guarded = proxy("http", "me:secret");
  await using link = new Link(broker.url, { proxy: guarded.url() });
  assert.match((await link.failing()).message, /the proxy 127\.0\.0\.1:\d+ does not connect: it wants a login/);
  await using strange = new Link(broker.url, { proxy: new Secret(broker.url.replace("mqtt:", "socks5:")) });
  assert.match((await strange.failing()).message, /does not connect: it has closed the connection/);
});

testOnMosquitto("a unix socket leads to the broker on this machine", async () => {
  const directory = await Deno.makeTempDir();
  await using _broker = await mosquitto({ configuration: ["allow_anonymous true", `listener 0 ${directory}/socket`] });
  await works(`unix://${directory}/socket`);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a handshake of a websocket that fails says with what, and what to look at", async () => {
  for (const [status, advice] of [[403, /403.*--header/], [404, /404.*path of the URL/]] as const) {
    const seen: string[] = [];
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, ({ headers }) => {
      seen.push(`${headers.get("authorization")} ${headers.get("sec-websocket-protocol")}`);
      return new Response("no", { status });
    });
    const headers = { Authorization: new Secret("Bearer token") };
    await using link = new Link(`ws://127.0.0.1:${server.addr.port}/mqtt`, { headers });
    assert.match((await link.failing()).message, advice);
    assert.equal(seen[0], "Bearer token mqtt");
  }
});

testOnMosquitto("a port that speaks something else is named as what it speaks, or what it does not", async () => {
  await using certificates = await makeCertificates();
  const { authority, server } = certificates;
  await using plain = await mosquitto();
  await using encrypted = await mosquitto({
    scheme: "mqtts",
    configuration: [
      "allow_anonymous true",
      `cafile ${authority.certificate}`,
      `certfile ${server.certificate}`,
      `keyfile ${server.key}`,
    ],
  });
  await using webSocket = await mosquitto({ scheme: "ws" });
  const complaint = async (port: number, scheme: string) => {
    await using link = new Link(`${scheme}://127.0.0.1:${port}`);
    return (await link.failing()).message;
  };
  assert.match(await complaint(plain.port, "mqtts"), /does not speak TLS/);
  assert.match(await complaint(plain.port, "ws"), /without websockets|does not speak websocket/);
  assert.match(await complaint(encrypted.port, "mqtt"), /TLS/);
  assert.match(await complaint(webSocket.port, "mqtt"), /websocket|HTTP/);
});

testOnMosquitto("of several brokers, the first that works is kept, and the next one when it is killed", async () => {
  await using one = await mosquitto();
  await using two = await mosquitto();
  await using link = new Link("mqtt://127.0.0.1:1", { others: [{ url: one.url }, { url: two.url }] });
  await link.online();
  const at = () => link.events.flatMap((event) => event.type === "broker.connected" ? [event.broker] : []);
  assert.deepEqual(at(), [one.url]);
  await one.kill();
  await eventually("the next one has it", () => at().length === 2);
  assert.deepEqual(at(), [one.url, two.url]);
  const lost = link.events.flatMap((event) => event.type === "broker.lost" ? [event.broker] : []);
  assert.deepEqual(lost, ["mqtt://127.0.0.1:1", one.url]);
});

testOnMosquitto("of several brokers, the one that refuses the login is named", async () => {
  await using strict = await mosquitto({ configuration: ["allow_anonymous false"] });
  await using link = new Link(strict.url, { others: [{ url: "mqtt://127.0.0.1:1" }] });
  await link.failing();
  await eventually("both have failed", () => link.events.some(({ type }) => type === "broker.lost"));
  const failed = link.events.flatMap((event) =>
    event.type === "broker.lost" || event.type === "broker.refused" ? [`${event.type} ${event.broker}`] : []
  );
  assert.deepEqual(failed.slice(0, 2), [`broker.refused ${strict.url}`, "broker.lost mqtt://127.0.0.1:1"]);
});
