import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import metadata from "../../deno.json" with { type: "json" };
import { allDeclarations } from "../../src/cli/commands.ts";
import { dropPermissions, NEEDS } from "../../src/cli/permissions.ts";
import { CREDENTIAL_KEYS } from "../../src/config/mod.ts";
import { INHERITED_ON } from "../../src/stdio/environment.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { fixture, type Process, startProxyUnder } from "../support/proxy.ts";

const COMMANDS = await allDeclarations();

const PROBE = fileURLToPath(new URL("../support/permission_probe.ts", import.meta.url));
const ECHO = fixture("echo_server.ts");
const ON_WINDOWS = Deno.build.os === "windows";

Deno.test("every command says which permissions it needs", () => {
  assert.deepEqual(COMMANDS.map(({ name }) => name).filter((name) => NEEDS[name] === undefined), []);
});

for (const { name } of COMMANDS) {
  if ((NEEDS[name]?.starting.length ?? 0) === 0) continue;
  Deno.test(`${name} says when it has started, so that it can give back what that took`, async () => {
    const action = await Deno.readTextFile(new URL(`../../src/cli/${name}/action.ts`, import.meta.url));
    assert.match(action, /^ *started\(.*\);/m);
  });
}

Deno.test("connect and tools keep neither run nor write, and no command keeps what lets it load other code", () => {
  for (const name of ["connect", "tools"]) {
    const kept = NEEDS[name]?.running ?? [];
    assert.ok(!kept.includes("run") && !kept.includes("write"), name);
  }
  for (const [name, { running, starting }] of Object.entries(NEEDS)) {
    for (const kind of ["ffi", "import", "sys"] as const) assert.ok(![...running, ...starting].includes(kind), name);
  }
});

Deno.test("what is needed only to start is given back after the start, everything else at once", () => {
  const revoked: string[] = [];
  const { parsed, started } = dropPermissions("connect", [], (kind) => revoked.push(kind));
  parsed();
  assert.deepEqual(revoked.splice(0), ["ffi", "import", "run", "sys", "write"]);
  started();
  assert.deepEqual(revoked, ["ffi", "import", "read", "run", "sys", "write"]);
});

Deno.test("connect keeps run only if it has started a client process, which it has to end", () => {
  const revoked: string[] = [];
  dropPermissions("connect", ["client"], (kind) => revoked.push(kind)).started();
  assert.ok(!revoked.includes("run"));
});

Deno.test("--key-command takes run until the key is there, and --password-command until the end", () => {
  const revoked: string[] = [];
  const revoke = (kind: string) => revoked.push(kind);
  const { parsed, started } = dropPermissions("connect", [], revoke, { keyCommand: "pass key" });
  parsed();
  assert.ok(!revoked.includes("run"));
  started();
  assert.ok(revoked.splice(0).includes("run"));
  dropPermissions("connect", [], revoke, { passwordCommand: "pass key" }).started();
  assert.ok(!revoked.includes("run"));
});

Deno.test("config keeps what options of the gateway behind -- take", async () => {
  const complaints = async (...options: readonly string[]) => {
    const line = ["config", "--for", "json", "--gateway", "--", "--broker", "mqtts://b", ...options];
    await using config = startProxyUnder(["-A"], line);
    await config.errors.ended;
    return config.errors.seen.join("\n");
  };
  assert.equal(await complaints("--client-id", "{hostname}-gw"), "");
  assert.match(await complaints("--key-command", "echo nothing"), /--key-command prints no private key/);
});

for (const [name, set] of Object.entries(metadata.permissions)) {
  const commands = COMMANDS.filter((command) => NEEDS[command.name]?.set === name);
  if (commands.length === 0) continue;

  Deno.test(`the permission set ${name} grants the kinds that its commands need, and no others`, () => {
    const needed = new Set(
      commands.flatMap(({ name }) => [...NEEDS[name]?.running ?? [], ...NEEDS[name]?.starting ?? []]),
    );
    assert.deepEqual(Object.keys(set).sort(), [...needed].sort());
  });

  Deno.test(`the permission set ${name} lets its commands read their variables, and no others`, () => {
    assert.ok(typeof set.env === "object");
    assert.ok(set.env.ignore, "MQTT.js asks for variables that nobody granted");
    const variables = commands.flatMap(({ settings }) =>
      Object.values(settings).flatMap(({ environment }) => environment ?? [])
    );
    if (name === "tools") variables.push(...CREDENTIAL_KEYS); // by --insecure
    if ("run" in set) variables.push(...INHERITED_ON.unix, ...INHERITED_ON.windows);
    const grants = set.env.allow;
    assert.deepEqual(variables.filter((variable) => !grants.some((grant) => covers(grant, variable))), []);
    assert.deepEqual(grants.filter((grant) => !variables.some((variable) => covers(grant, variable))), []);
  });
}

/** Whether a grant of `deno.json`, which may end in `*`, is for `variable`. */
function covers(grant: string, variable: string): boolean {
  return grant.endsWith("*") ? variable.startsWith(grant.slice(0, -1)) : variable === grant;
}

/** What a process started with the probe answers when it is asked for its permissions. */
async function permissionsOf(process: Process): Promise<string[]> {
  process.kill("SIGUSR1");
  const line = await process.errors.find((line) => line.startsWith("permissions: "));
  return line.slice("permissions: ".length).split(" ");
}

Deno.test({
  name: "a running connect that was started with -A has nothing left but env and net",
  ignore: ON_WINDOWS,
  fn: async () => {
    await using broker = await embeddedBroker();
    const args = ["connect", "--broker", broker.url, "--name", "echo", "--log-level", "info"];
    await using connect = startProxyUnder(["-A", "--preload", PROBE], args);
    await connect.errors.find((line) => line.includes("connected to"));
    assert.deepEqual(await permissionsOf(connect), ["env", "net"]);
  },
});

Deno.test({
  name: "a running serve that was started with -A can neither read nor write files",
  ignore: ON_WINDOWS,
  fn: async () => {
    await using broker = await embeddedBroker();
    const args = ["serve", "--broker", broker.url, "--name", "echo", "--log-level", "info", "--", ...ECHO];
    await using serve = startProxyUnder(["-A", "--preload", PROBE], args);
    await serve.errors.find((line) => line.includes("is online"));
    assert.deepEqual(await permissionsOf(serve), ["env", "net", "run"]);
  },
});

/** Carries one request from a host through both commands, started under these flags. */
async function carryOne(url: string, serveFlags: readonly string[], connectFlags: readonly string[]): Promise<void> {
  const address = ["--broker", url, "--name", "echo"];
  await using serve = startProxyUnder(serveFlags, ["serve", ...address, "--log-level", "info", "--", ...ECHO]);
  await serve.errors.find((line) => line.includes("is online"));
  await using host = startProxyUnder(connectFlags, ["connect", ...address]);
  await host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  assert.deepEqual(await host.output.nextJson(), { jsonrpc: "2.0", id: 1, result: {} });
  await host.closeInput();
  assert.equal((await host.status).code, 0);
  serve.kill("SIGTERM");
  assert.equal((await serve.status).code, 0);
}

testOnBrokers("serve and connect work under their permission sets", async ({ url }) => {
  await carryOne(url, ["-P=serve"], ["-P=connect"]);
});

Deno.test("serve warns of a variable to pass on that is not there, as one is that may not be read", async () => {
  await using broker = await embeddedBroker();
  const args = ["serve", "--broker", broker.url, "--name", "echo", "--pass-env", "GREETING", "--", ...ECHO];
  await using serve = startProxyUnder(["-P=serve"], args, { env: { GREETING: "hello" } });
  await serve.errors.find((line) => line.includes("--pass-env GREETING: there is no such variable here"));
});
