import assert from "node:assert/strict";
import { type HttpRequest, HttpServer, textResponse } from "../../../src/observe/status/http_server.ts";

/** What a server answers to raw bytes, after which it closes the connection. */
async function answerTo(
  bytes: string,
  answer: (request: HttpRequest) => ReturnType<typeof textResponse> = ({ path, host }) =>
    textResponse(200, `${path} of ${host}`),
  timeout?: number,
): Promise<string> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using _server = new HttpServer(listener, answer, timeout);
  using connection = await Deno.connect({ port: listener.addr.port });
  await connection.write(new TextEncoder().encode(bytes));
  const chunks: string[] = [];
  const buffer = new Uint8Array(65_536);
  for (let count; (count = await connection.read(buffer).catch(() => null)) !== null;) {
    chunks.push(new TextDecoder().decode(buffer.subarray(0, count)));
  }
  return chunks.join("");
}

const get = (host: string, path = "/x") => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

Deno.test("the name in the Host field comes without its port, in lower case; the path without its query", async () => {
  assert.match(
    await answerTo(get("Example.org:9100", "/a?b#c")),
    /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n\/a of example\.org$/,
  );
  assert.match(await answerTo(get("[::1]:9100")), /of \[::1\]$/);
  assert.match(await answerTo("GET / HTTP/1.0\r\n\r\n"), / of undefined$/);
});

const MALFORMED: readonly string[] = [
  get("["),
  get("[::1"),
  get("a b"),
  get("x:99999999"),
  get("evil.example/"),
  get("user@host"),
  get(""),
  "GET / HTTP/1.1\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /\r\n\r\n",
  "\u0016\u0003\u0001 hello\r\n\r\n",
];

for (const bytes of MALFORMED) {
  Deno.test(`${JSON.stringify(bytes)} is a bad request`, async () => {
    const answer = await answerTo(bytes);
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.doesNotMatch(answer, /\bat .*:\d+/);
  });
}

Deno.test("a mistake of ours is told without a word of where it was made", async () => {
  const answer = await answerTo(get("a"), () => {
    throw new Error("secret");
  });
  assert.match(answer, /^HTTP\/1\.1 500 /);
  assert.doesNotMatch(answer, /secret|\.ts/);
});

Deno.test("a header that does not come is not waited for, nor one that does not end", async () => {
  assert.match(await answerTo("GET / HTTP/1.1\r\nHost: a\r\n", undefined, 50), /^HTTP\/1\.1 408 /);
  assert.match(await answerTo(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}`), /^(?:HTTP\/1\.1 431 |$)/);
});

Deno.test("connections on which nothing comes keep nobody out, and the end does not wait for them", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = new HttpServer(listener, () => textResponse(200, "ok"));
  const connections = await Promise.all(
    Array.from({ length: 200 }, () => Deno.connect({ port: listener.addr.port })),
  );
  const response = await fetch(`http://127.0.0.1:${listener.addr.port}/`);
  assert.equal(await response.text(), "ok");
  const ended = Promise.race(connections.map((connection) => connection.read(new Uint8Array(1)).catch(() => null)));
  assert.equal(await ended, null, "the oldest ones were closed");
  await server[Symbol.asyncDispose]();
  for (const connection of connections) connection.close();
});
