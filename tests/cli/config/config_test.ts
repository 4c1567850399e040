import assert from "node:assert/strict";
import { CONFIG } from "../../../src/cli/config/command.ts";
import { CONNECT } from "../../../src/cli/connect/command.ts";
import { connectLine } from "../../../src/cli/config/connect_line.ts";
import { entryName, type Host } from "../../../src/cli/config/host.ts";
import { HOSTS } from "../../../src/cli/config/hosts.ts";
import { generateKeyPair, privateKeyFile } from "../../../src/seal/mod.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { fixture, homeIn, Process, startProxy, startServe } from "../../support/proxy.ts";
import { callTool, credentialsFor, initialize } from "../../support/smcp.ts";

const line = (given: Record<string, unknown>, url = "mqtt://broker:1883") =>
  connectLine("connect", CONNECT.settings, given, url, "/home/me");

Deno.test("config takes every option of connect", () => {
  assert.deepEqual(Object.keys(CONNECT.settings).filter((name) => !(name in CONFIG.settings)), []);
});

Deno.test("the line has the options that were given, and only those", () => {
  assert.deepEqual(line({ name: "files", qos: "1", noDiscovery: true, insecureTls: "false", clientId: "" }).args, [
    ...["connect", "--name", "files", "--no-discovery", "--broker", "mqtt://broker:1883", "--qos", "1"],
  ]);
});

Deno.test("file names become absolute, since the host starts the line somewhere else", () => {
  const { args, files } = line({ ca: "certs/ca.pem", passwordFile: "/run/password" });
  assert.deepEqual(files.toSorted(), ["/home/me/certs/ca.pem", "/run/password"]);
  assert.ok(args.includes("/home/me/certs/ca.pem"));
});

Deno.test("a password is never in the line, whichever way it was given", () => {
  for (const secret of [line({ password: "geheim" }), line({}, "mqtts://me:geheim@broker")]) {
    assert.ok(!JSON.stringify(secret.args).includes("geheim"));
    assert.equal(secret.secret, "MQTT_PASSWORD");
  }
  assert.ok(line({}, "mqtts://me:geheim@broker").args.includes("mqtts://me@broker"));
});

Deno.test("a private key that a variable holds is refused", () => {
  assert.throws(() => line({ key: "-----BEGIN PRIVATE KEY-----\n…" }), /--key is given as text in MQTT_KEY/);
});

Deno.test("the address is that of the scheme when the URL has no port", () => {
  assert.deepEqual(line({}, "mqtts://broker").permissions, ["--allow-net=broker:8883"]);
  assert.deepEqual(line({}, "wss://broker/mqtt").permissions, ["--allow-net=broker:443"]);
  assert.deepEqual(line({}, "mqtt://[::1]").permissions, ["--allow-net=[::1]:1883"]);
  assert.deepEqual(line({}, "mqtt://a,ssl://b").permissions, ["--allow-net=a:1883,b:8883"]);
  assert.deepEqual(line({ passwordCommand: "token" }, "unix:///run/mqtt").permissions, [
    "--allow-read=/run/mqtt",
    "--allow-write=/run/mqtt",
    `--allow-run=${Deno.build.os === "windows" ? "cmd" : "sh"}`,
  ]);
});

Deno.test("the line may read what its placeholders stand for, which stay what they are", () => {
  const { args, permissions } = line({
    name: "home/{hostname}",
    clientId: "{env:ROOM}-{env:FLOOR}",
    username: "{env:NO}",
  });
  assert.ok(args.includes("home/{hostname}"));
  assert.deepEqual(permissions, ["--allow-net=broker:1883", "--allow-sys=hostname", "--allow-env=ROOM,FLOOR"]);
});

Deno.test("what a variable gives several of is given one by one", () => {
  const { args } = line({ userProperties: "a=1\nb=2 3", headers: "X: y\nZ: w" });
  assert.deepEqual(args.slice(3), [
    "--header",
    "X: y",
    "--header",
    "Z: w",
    "--user-property",
    "a=1",
    "--user-property",
    "b=2 3",
  ]);
});

/** The host of this name. */
function hostNamed(name: string): Host {
  const host = HOSTS[name];
  assert.ok(host !== undefined, `There is no host ${name}`);
  return host;
}

Deno.test("hosts keep their files where they keep them", () => {
  const linux = { os: "linux", home: "/home/me", config: "/home/me/.config", currentDirectory: "/project" } as const;
  const windows = {
    os: "windows",
    home: "C:/Users/me",
    config: "C:/Users/me/AppData",
    currentDirectory: "C:/",
  } as const;
  const darwin = {
    os: "darwin",
    home: "/Users/me",
    config: "/Users/me/.config",
    currentDirectory: "/project",
  } as const;
  const desktop = hostNamed("claude-desktop").files.user;
  assert.equal(desktop?.(linux), "/home/me/.config/Claude/claude_desktop_config.json");
  assert.equal(desktop?.(windows), "C:/Users/me/AppData/Claude/claude_desktop_config.json");
  assert.equal(desktop?.(darwin), "/Users/me/Library/Application Support/Claude/claude_desktop_config.json");
  assert.equal(hostNamed("vscode").files.project?.(linux), "/project/.vscode/mcp.json");
});

Deno.test("a host calls a server by the last level of its name, in letters that every host takes", () => {
  const names = ["files", "home/files", "home/Files_2", "plant/line 1/größe.x", "a/b/", "a/日本", "日本"];
  const entries = ["files", "files", "Files_2", "gr-e-x", "b", "a", "mqtt"];
  assert.deepEqual(names.map(entryName), entries);
});

/** Runs `config`, and gives back what it has printed. */
async function runConfig(args: readonly string[], cwd?: string): Promise<{ code: number; out: string; err: string }> {
  const process = startProxy(["config", ...args], cwd === undefined ? {} : { cwd });
  await using _ = process;
  const { code } = await process.status;
  await Promise.all([process.output.ended, process.errors.ended]);
  return { code, out: process.output.seen.join("\n"), err: process.errors.seen.join("\n") };
}

testOnBrokers("a host that starts the printed entry reaches the server", async ({ url }) => {
  await using _serve = await startServe(["--broker", url, "--name", "echo", "--", ...fixture("echo_server.ts")]);
  const { out } = await runConfig(["--for", "cursor", "--broker", url, "--name", "echo"]);
  const { command, args } = JSON.parse(out).mcpServers.echo;
  await using host = new Process([command, ...args], { cwd: "/" });
  await host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  assert.deepEqual(await host.output.nextJson(), { jsonrpc: "2.0", id: 1, result: {} });
});

Deno.test("--write merges into the file, keeps a backup, and leaves no half-written file", async () => {
  await using broker = await embeddedBroker();
  const directory = await Deno.makeTempDir();
  try {
    const file = `${directory}/mcp.json`;
    const before = '{ "mcpServers": { "other": { "command": "x" } } }';
    await Deno.writeTextFile(file, before);
    const { code } = await runConfig([
      "--for",
      "json",
      "--write",
      "--file",
      file,
      "--broker",
      broker.url,
      "--name",
      "a",
    ]);
    assert.equal(code, 0);
    assert.deepEqual(Object.keys(JSON.parse(await Deno.readTextFile(file)).mcpServers), ["other", "a"]);
    const names = await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
    const [backup] = names.filter((name) => name !== "mcp.json");
    assert.equal(names.length, 2);
    assert.equal(await Deno.readTextFile(`${directory}/${backup}`), before);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("--write looks for the server, and says what is not right yet", async () => {
  await using broker = await embeddedBroker();
  await using _serve = await startServe([
    "--broker",
    broker.url,
    "--name",
    "home/echo",
    "--",
    ...fixture("echo_server.ts"),
  ]);
  const directory = await Deno.makeTempDir();
  const write = async (...args: string[]) => {
    const { code, err } = await runConfig(["--for", "json", "--write", "--file", `${directory}/mcp.json`, ...args]);
    assert.equal(code, 0, err);
    return err;
  };
  try {
    const at = ["--broker", broker.url];
    assert.doesNotMatch(await write(...at, "--name", "home/echo"), /warning|password/);
    assert.match(
      await write(...at, "--name", "echo", "--as", "a"),
      /warning: no server called echo is online on mqtt:\S+ now; did you mean home\/echo\?; it is written all the same/,
    );
    const away = await write("--broker", "mqtt://127.0.0.1:1", "--username", "me", "--name", "echo", "--as", "b");
    assert.match(away, /a username without a password: add --password-file FILE/);
    assert.match(away, /warning: The broker mqtt:\/\/127\.0\.0\.1:1 cannot be reached: .*; it is written all the same/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("--write replaces an entry for another server only when --as names it", async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/mcp.json`;
  const write = (...args: string[]) => runConfig(["--for", "json", "--write", "--file", file, ...args]);
  const names = async () => {
    const { mcpServers } = JSON.parse(await Deno.readTextFile(file));
    return Object.entries<{ args: string[] }>(mcpServers).map(([name, { args }]) => [name, args[args.length - 3]]);
  };
  try {
    for (const args of [["--name", "home/files"], ["--name", "home/files"]]) {
      const { code, err } = await write(...args);
      assert.equal(code, 0, err);
    }
    const { code, err } = await write("--name", "office/files");
    assert.equal(code, 2);
    assert.match(err, /has "files" for something else: add --as NAME, or --as files to replace it/);
    assert.deepEqual(await names(), [["files", "home/files"]]);
    assert.equal((await write("--name", "office/files", "--as", "office")).code, 0);
    assert.equal((await write("--name", "garden/files", "--as", "files")).code, 0);
    assert.deepEqual(await names(), [["files", "garden/files"], ["office", "office/files"]]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test({
  name: "--write follows a link to the file, and leaves the link",
  ignore: Deno.build.os === "windows",
  async fn() {
    const directory = await Deno.makeTempDir();
    const [file, link] = [`${directory}/real.json`, `${directory}/mcp.json`];
    try {
      await Deno.writeTextFile(file, "{}");
      await Deno.symlink("real.json", link);
      assert.equal((await runConfig(["--for", "json", "--write", "--file", link, "--name", "a"])).code, 0);
      assert.ok((await Deno.lstat(link)).isSymlink);
      assert.deepEqual(Object.keys(JSON.parse(await Deno.readTextFile(file)).mcpServers), ["a"]);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test("--write creates the file of a host that has none yet", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const { code } = await runConfig(["--for", "vscode", "--write", "--name", "a"], directory);
    assert.equal(code, 0);
    assert.equal(JSON.parse(await Deno.readTextFile(`${directory}/.vscode/mcp.json`)).servers.a.type, "stdio");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("--write leaves a file alone that it does not understand, and says so", async () => {
  const file = await Deno.makeTempFile();
  try {
    for (const text of ['{ "mcpServers": {', "[]", '{ "mcpServers": [] }', '{ "mcpServers": null }', "hello"]) {
      await Deno.writeTextFile(file, text);
      const { code, err } = await runConfig(["--for", "cursor", "--write", "--file", file, "--name", "a"]);
      assert.equal(code, 2, text);
      assert.match(err, /is left alone/);
      assert.equal(await Deno.readTextFile(file), text);
    }
    await Deno.writeFile(file, new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]));
    assert.match(
      (await runConfig(["--for", "cursor", "--write", "--file", file, "--name", "a"])).err,
      /no text in UTF-8/,
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test({
  name: "--write keeps the mode of the file, and makes no backup when nothing changes",
  ignore: Deno.build.os === "windows",
  async fn() {
    const directory = await Deno.makeTempDir();
    const file = `${directory}/mcp.json`;
    const write = () => runConfig(["--for", "cursor", "--write", "--file", file, "--name", "a"]);
    try {
      await Deno.writeTextFile(file, '\uFEFF{\r\n\t// mine\r\n\t"theme": "dark",\r\n}\r\n', { mode: 0o664 });
      await Deno.chmod(file, 0o664);
      assert.equal((await write()).code, 0);
      assert.equal((await Deno.stat(file)).mode, 0o100664);
      const text = await Deno.readTextFile(file);
      assert.ok(text.startsWith('\uFEFF{\r\n\t// mine\r\n\t"theme": "dark",\r\n\t"mcpServers": {\r\n\t\t"a": {'), text);
      assert.doesNotMatch(text, /[^\r]\n/);

      assert.match((await write()).err, /has this already, and was not changed/);
      assert.equal(await Deno.readTextFile(file), text);
      assert.equal((await Array.fromAsync(Deno.readDir(directory))).length, 2);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test("--scope chooses the file of the user or of the project", async () => {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (
      const [host, scope, file] of [["cursor", "project", ".cursor/mcp.json"], ["claude-code", "user", ".claude.json"]]
    ) {
      const process = startProxy(["config", "--for", host ?? "", "--scope", scope ?? "", "--write", "--name", "a"], {
        cwd: directory,
        env: await homeIn(directory),
      });
      await using _ = process;
      assert.equal((await process.status).code, 0);
      assert.ok("a" in JSON.parse(await Deno.readTextFile(`${directory}/${file}`)).mcpServers);
    }
    const { code, err } = await runConfig(["--for", "windsurf", "--scope", "project", "--name", "a"]);
    assert.equal(code, 2);
    assert.match(err, /Windsurf has no file for a project/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("without a home, a file of the user has to be named, and one of the project has not", async () => {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (
      const [scope, expected] of [["user", /there is no HOME, add --file FILE/], ["project", /written to /]] as const
    ) {
      const args = ["config", "--for", "cursor", "--scope", scope, "--write", "--name", "a"];
      const env = { ...await homeIn(""), USERPROFILE: "" };
      await using process = startProxy(args, { cwd: directory, env });
      await process.status;
      await process.errors.ended;
      assert.match(process.errors.seen.join("\n"), expected);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("Claude Code also gets a line for a shell, which puts the same entry there", async () => {
  const { out, err } = await runConfig(["--for", "claude-code", "--scope", "user", "--name", "it's"]);
  const [, name, json = ""] = /^or run: claude mcp add-json (\S+) --scope user ('.*')$/m.exec(err) ?? [];
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `printf %s ${json}`] }).output();
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), JSON.parse(out).mcpServers[name ?? ""]);
});

Deno.test("a password for a host that cannot take it from a variable is refused, without being repeated", async () => {
  const { code, out, err } = await runConfig([
    ...["--for", "claude-desktop", "--broker", "mqtts://me:geheim@broker", "--name", "a"],
  ]);
  assert.equal(code, 2);
  assert.match(err, /--password-file/);
  assert.ok(!(out + err).includes("geheim"));
});

Deno.test({
  name: "--key-command runs once, as it may ask somebody to touch a key",
  ignore: Deno.build.os === "windows",
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${directory}/key`, privateKeyFile(generateKeyPair()));
      const command = `echo once >>${directory}/runs; cat ${directory}/key`;
      for (const what of [["--name", "a"], ["--gateway"]]) {
        const { code } = await runConfig(["--for", "json", ...what, "--key-command", command]);
        assert.equal(code, 0);
        assert.equal(await Deno.readTextFile(`${directory}/runs`), "once\n");
        await Deno.remove(`${directory}/runs`);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test("an empty variable sets nothing, and a former one sets what it is called now", async () => {
  const empty = ["MQTT_KEY_COMMAND", "MQTT_PASSWORD_COMMAND", "MQTT_PASSWORD", "MCP_MQTT_CREDENTIALS_COMMAND"];
  const env = { ...Object.fromEntries(empty.map((name) => [name, ""])), MQTT_BROKER_PROFILE: "hivemq" };
  const ways = [["--name", "a"], ["--gateway"], ["--tools", "--credentials-file", "broker.json"]];
  for (const what of ways) {
    await using config = startProxy(["config", "--for", "vscode", "--broker-preset", "", ...what], { env });
    assert.equal((await config.status).code, 0);
    await config.output.ended;
    const text = config.output.seen.join("\n");
    assert.doesNotMatch(text, /--allow-run=|MQTT_PASSWORD|"inputs"|credentials-command/);
    assert.ok(text.includes('"--broker-preset"'), text);
  }
});

Deno.test("config takes no arguments besides its options, since it would leave them out", async () => {
  const { code, err } = await runConfig(["--for", "json", "--name", "a", "b"]);
  assert.equal(code, 2);
  assert.match(err, /config takes no arguments: "b"/);
});

testOnBrokers("the line with --tools starts the tools with their credentials, as it is printed", async (broker) => {
  const directory = await Deno.makeTempDir();
  try {
    const credentials = `${directory}/broker.json`;
    await Deno.writeTextFile(credentials, JSON.stringify(credentialsFor(broker.url)), { mode: 0o600 });
    await Deno.writeTextFile(`${directory}/plant.json`, '[{"topic":"plant/1","title":"Line 1"}]');
    const options = ["--credentials-file", credentials, "--topics", `${directory}/plant.json`, "--read-only"];
    await using config = startProxy(["config", "--for", "json", "--tools", ...options]);
    await config.output.ended;
    const { command, args } = JSON.parse(config.output.seen.join("\n")).mcpServers.mqtt;
    assert.deepEqual(args.slice(-3), ["--read-only", "--topics", `${directory}/plant.json`]);
    await using server = new Process([command, ...args]);
    await initialize(server);
    const { structuredContent } = await callTool(server, "list_topics", { timeout: 0 });
    assert.equal(structuredContent.topics[0].title, "Line 1");
    assert.ok((await callTool(server, "publish", { topic: "a", message: "x" })).isError);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("--tools wants its credentials, and no other login; options of the tools want --tools", async () => {
  const wrong: [options: string[], problem: RegExp][] = [
    [["--tools"], /say where the credentials are: add --credentials-file FILE/],
    [["--tools", "--credentials-file", "-"], /--credentials-file - is stdin, which belongs to the host/],
    [["--tools", "--credentials-env", "X_", "--name", "a", "--broker", "mqtt://h"], /remove --name, --broker/],
    [["--name", "a", "--read-only"], /--read-only is for the tools: add --tools/],
    [["--name", "a", "--credentials-env", "X_"], /--credentials-env is for the tools: add --tools/],
  ];
  for (const [options, problem] of wrong) {
    await using config = startProxy(["config", "--for", "json", ...options]);
    assert.equal((await config.status).code, 2);
    await config.errors.ended;
    assert.match(config.errors.seen.join("\n"), problem);
  }
});
