import assert from "node:assert/strict";
import { testOnBrokers } from "./support/brokers.ts";
import { fixture, startProxy, startServe } from "./support/proxy.ts";

testOnBrokers("connect reaches the server that serve has put on the broker", async (broker) => {
  await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...fixture("echo_server.ts")]);
  await using host = startProxy(["connect", "--broker", broker.url, "--name", "echo"]);
  await host.send({ jsonrpc: "2.0", id: 1, method: "hello", params: { a: [1, 2.50] } });
  assert.deepEqual(await host.output.nextJson(), {
    jsonrpc: "2.0",
    id: 1,
    result: { echo: '{"jsonrpc":"2.0","id":1,"method":"hello","params":{"a":[1,2.5]}}' },
  });
  await host.closeInput();
  assert.equal((await host.status).code, 0);
});
