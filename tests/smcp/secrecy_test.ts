import assert from "node:assert/strict";
import { ECHO } from "../support/bridge.ts";
import { testOnMosquitto } from "../support/brokers.ts";
import { keyFiles } from "../support/keys.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { Process, PROXY_COMMAND } from "../support/proxy.ts";
import {
  callTool,
  credentialsFor,
  expectLine,
  initialize,
  scratchDirectory,
  STRACE,
  tlsWithPassword,
} from "../support/smcp.ts";

const SECRET = "S3cret-w1th-$pecials";
const USER = "plant-operator-77";
const CLIENT = "agent-client-4711";

/** Every process below `pid`, and itself. */
async function processTree(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = await Deno.readTextFile(`/proc/${name}/status`).catch(() => "");
    parents.set(Number(name), Number(/^PPid:\t(\d+)$/m.exec(status)?.[1]));
  }
  const tree = [pid];
  for (const ancestor of tree) {
    tree.push(...[...parents].filter(([, parent]) => parent === ancestor).map(([own]) => own));
  }
  return tree;
}

/** Fails when a secret is in the arguments or the environment of a process. */
async function assertNotInProc(pids: readonly number[], secrets: readonly string[]): Promise<void> {
  for (const pid of pids) {
    for (const file of ["cmdline", "environ"]) {
      const text = await Deno.readTextFile(`/proc/${pid}/${file}`);
      for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in /proc/${pid}/${file}`);
    }
  }
}

function assertNotSaid(process: Process, secrets: readonly string[]): void {
  for (const line of [...process.output.seen, ...process.errors.seen]) {
    for (const secret of secrets) assert.ok(!line.includes(secret), line);
  }
}

async function withLogin(body: (url: string, scratch: string) => Promise<void>): Promise<void> {
  await using scratch = await scratchDirectory();
  const passwords = `${scratch.path}/passwords`;
  await new Deno.Command("mosquitto_passwd", { args: ["-c", "-b", passwords, USER, SECRET] }).output();
  await Deno.chmod(passwords, 0o644);
  const configuration = [`password_file ${passwords}`, "allow_anonymous false"];
  await using broker = await mosquitto({ configuration });
  await body(broker.url, scratch.path);
}

async function credentialsFile(directory: string, credentials: Record<string, string>): Promise<string> {
  const file = `${directory}/credentials-${crypto.randomUUID()}.json`;
  await Deno.writeTextFile(file, JSON.stringify(credentials), { mode: 0o600 });
  return file;
}

if (Deno.build.os === "linux") {
  testOnMosquitto(
    "no credential is in an argument, a variable, an output or a log line of launch and tools",
    async () => {
      await withLogin(async (url, scratch) => {
        const secrets = [SECRET, USER, CLIENT];
        const login = { MQTT_USER: USER, MQTT_PASS: SECRET, MQTT_CLIENT_ID: CLIENT, LOG_LEVEL: "DEBUG" };
        const file = await credentialsFile(scratch, credentialsFor(url, login));
        const launch = ["launch", "--log-level", "debug"];
        const sources = [
          [...launch, "--credentials-file", file],
          [...launch, "--credentials-command", `cat ${file}`],
        ];
        for (const source of sources) {
          await using host = new Process([...PROXY_COMMAND, ...source, "--", ...PROXY_COMMAND, "tools"]);
          await initialize(host);
          assert.ok((await callTool(host, "publish", { topic: "a", message: "x", qos: 1 })).structuredContent.success);
          const pids = await processTree(host.pid);
          assert.ok(pids.length >= 2, `${pids}`);
          await assertNotInProc(pids, secrets);
          await host.errors.find((line) => line.includes("connected to mqtt://[MQTT_BROKER]:"));
          assert.ok(host.errors.seen.some((line) => line.endsWith("MQTT_CLIENT_ID, LOG_LEVEL")), "keys are logged");
          await host.closeInput();
          assert.equal((await host.status).code, 0);
          await host.errors.ended;
          assertNotSaid(host, secrets);
        }
      });
    },
  );

  testOnMosquitto("no credential is in an error, when the login is refused", async () => {
    await withLogin(async (url, scratch) => {
      const login = { MQTT_USER: `${USER}-wrong`, MQTT_PASS: `${SECRET}-wrong`, LOG_LEVEL: "DEBUG" };
      const file = await credentialsFile(scratch, credentialsFor(url, login));
      await using host = new Process([
        ...[...PROXY_COMMAND, "launch", "--log-level", "debug", "--credentials-file", file],
        ...["--", ...PROXY_COMMAND, "tools"],
      ]);
      await initialize(host);
      assert.ok((await callTool(host, "publish", { topic: "a", message: "x" })).isError);
      assertNotSaid(host, [SECRET, USER, "127.0.0.1"]);
    });
  });

  testOnMosquitto(
    "no credential of serve, connect and their server is in an argument, a variable or an output",
    async () => {
      await withLogin(async (url, scratch) => {
        const secrets = [SECRET, USER, "child-secret-0815"];
        const login = { ...credentialsFor(url), MQTT_USER: USER, MQTT_PASS: SECRET, LOG_LEVEL: "DEBUG" };
        const child = await credentialsFile(scratch, { ...login, MQTT_PASS: SECRET, OTHER: "child-secret-0815" });
        await using serve = new Process([
          ...[...PROXY_COMMAND, "serve", "--smcp", "--name", "agent", "--smcp-child", "--credentials-file", child],
          ...["--log-level", "debug", "--", ...PROXY_COMMAND, "tools"],
        ]);
        await expectLine(serve, "+READY");
        await serve.send(login);
        await expectLine(serve, "+OK");
        await serve.errors.find((line) => line.includes(" is online on "));
        await using connect = new Process([
          ...PROXY_COMMAND,
          "connect",
          "--smcp",
          "--name",
          "agent",
          "--log-level",
          "debug",
        ]);
        await expectLine(connect, "+READY");
        await connect.send(login);
        await expectLine(connect, "+OK");
        await initialize(connect);
        assert.ok((await callTool(connect, "publish", { topic: "a", message: "x", qos: 1 })).structuredContent.success);
        await serve.errors.find((line) => line.includes("sent its credentials: MQTT_BROKER, MQTT_PORT, MQTT_USER"));
        const pids = [...await processTree(serve.pid), ...await processTree(connect.pid)];
        assert.ok(pids.length >= 3, `${pids}`);
        await assertNotInProc(pids, secrets);
        await connect.closeInput();
        assert.equal((await connect.status).code, 0);
        serve.kill("SIGTERM");
        assert.equal((await serve.status).code, 0);
        await Promise.all([serve.errors.ended, connect.errors.ended]);
        assertNotSaid(serve, secrets);
        assertNotSaid(connect, secrets);
      });
    },
  );

  testOnMosquitto("no key that seals sessions is in an argument, a variable or an output", async () => {
    await using broker = await mosquitto();
    await using keys = await keyFiles();
    await using scratch = await scratchDirectory();
    const login = async (key = "") => ({
      ...credentialsFor(broker.url, { LOG_LEVEL: "DEBUG" }),
      MQTT_SEAL_KEY: await Deno.readTextFile(key),
    });
    const [serveLogin, connectLogin] = [await login(keys.serve[1]), await login(keys.connect[1])];
    const secrets = [serveLogin, connectLogin].map(({ MQTT_SEAL_KEY }) =>
      /mcp1-private-(\S+)/.exec(MQTT_SEAL_KEY)?.[1] ?? "none"
    );
    await using serve = new Process([
      ...[...PROXY_COMMAND, "serve", "--smcp", "--name", "agent", "--authorized-keys", keys.authorizedKeys],
      ...["--log-level", "debug", "--", ...ECHO],
    ]);
    await expectLine(serve, "+READY");
    await serve.send(serveLogin);
    await expectLine(serve, "+OK");
    await serve.errors.find((line) => line.includes(" is online on "));
    const file = await credentialsFile(scratch.path, connectLogin);
    await using connect = new Process([
      ...[...PROXY_COMMAND, "launch", "--log-level", "debug", "--credentials-file", file, "--"],
      ...[...PROXY_COMMAND, "connect", "--smcp", "--name", "agent", "--server-key", keys.serverKey],
      ...["--log-level", "debug"],
    ]);
    await initialize(connect);
    await serve.errors.find((line) => line.includes("ada/"));
    await assertNotInProc([...await processTree(serve.pid), ...await processTree(connect.pid)], secrets);
    await connect.closeInput();
    assert.equal((await connect.status).code, 0);
    serve.kill("SIGTERM");
    assert.equal((await serve.status).code, 0);
    await Promise.all([serve.errors.ended, connect.errors.ended]);
    assertNotSaid(serve, secrets);
    assertNotSaid(connect, secrets);
  });
}

if (STRACE) {
  testOnMosquitto("credentials are written to pipes and sockets only, never to a file", async () => {
    await using scratch = await scratchDirectory();
    const { configuration, credentials } = await tlsWithPassword(scratch.path);
    await using broker = await mosquitto({ scheme: "mqtts", configuration });
    const file = await credentialsFile(scratch.path, credentialsFor(broker.url, credentials));
    const empty = `${scratch.path}/empty`;
    await Deno.mkdir(empty, { mode: 0o555 });
    const trace = `${scratch.path}/trace`;
    const calls = "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendfile,mmap,memfd_create";
    await using host = new Process([
      ...["strace", "-f", "-yy", "-s", "1000000", "-e", `trace=${calls}`, "-o", trace],
      ...[...PROXY_COMMAND, "launch", "--credentials-file", file, "--", ...PROXY_COMMAND, "tools"],
    ], { cwd: empty });
    await initialize(host);
    assert.ok((await callTool(host, "publish", { topic: "a", message: "x", qos: 1 })).structuredContent.success);
    await host.closeInput();
    assert.equal((await host.status).code, 0);

    assert.deepEqual(await Array.fromAsync(Deno.readDir(empty)), []);
    // strace writes line breaks of PEM text as \n, so one line of the key is looked for.
    const key = credentials.MQTT_KEY?.split("\n")[1] ?? "";
    const secrets = [credentials.MQTT_PASS ?? "", key];
    const lines = (await Deno.readTextFile(trace)).split("\n");
    const showing = lines.filter((line) => secrets.some((secret) => line.includes(secret)));
    assert.ok(showing.length > 0, "the credentials line itself is written to the child");
    for (const line of showing) {
      const [, target] = /\w+\(\d+<([^>]*(?:->[^>]*)?)>/.exec(line) ?? [];
      assert.match(target ?? line, /^(?:pipe|UNIX|TCP|socket)/, line.slice(0, 200));
    }
  });
}
