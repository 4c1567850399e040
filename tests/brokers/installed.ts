/**
 * The brokers that are installed here, each in its smallest configuration.
 *
 * @module
 */
import { embeddedBroker } from "../support/embedded_broker.ts";
import { MOSQUITTO, mosquitto } from "../support/mosquitto.ts";
import { freePort } from "../support/net.ts";
import { type InstalledBroker, started } from "./broker_process.ts";

/** Where a program is; Debian keeps servers out of users' PATH. */
function find(program: string): string | undefined {
  const directories = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return directories.map((directory) => `${directory}/${program}`).find((file) => {
    try {
      return Deno.statSync(file).isFile;
    } catch {
      return false;
    }
  });
}

async function printed(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

async function mosquittoHere(): Promise<InstalledBroker | undefined> {
  if (MOSQUITTO === undefined) return undefined;
  const version = /version (\S+)/.exec(await printed(MOSQUITTO, "-h"))?.[1] ?? "";
  return {
    name: "mosquitto",
    version,
    start: async (port) => {
      const broker = await mosquitto({ port });
      return { url: broker.url, login: [], [Symbol.asyncDispose]: () => broker.kill() };
    },
  };
}

async function natsHere(): Promise<InstalledBroker | undefined> {
  const program = find("nats-server");
  if (program === undefined) return undefined;
  return {
    name: "NATS",
    version: /v(\d\S*)/.exec(await printed(program, "--version"))?.[1] ?? "",
    start: (port) =>
      started(port, program, [], (directory) => ({
        "n.conf": [
          "server_name: n1",
          `listen: 127.0.0.1:${freePort()}`,
          `jetstream { store_dir: "${directory}/js" }`,
          `mqtt { listen: 127.0.0.1:${port} }`,
        ].join("\n"),
      }), (directory) => ["-c", `${directory}/n.conf`]),
  };
}

/** What a program in Go was built from, if Go is here to read it. */
async function modules(program: string): Promise<string> {
  const go = find("go") ?? find("../lib/go/bin/go");
  return go === undefined ? "" : await printed(go, "version", "-m", program);
}

async function mochiHere(): Promise<InstalledBroker | undefined> {
  const program = find("mochi");
  if (program === undefined) return undefined;
  return {
    name: "mochi-mqtt",
    version: /github\.com\/mochi-mqtt\/server\/v2\s+v(\S+)/.exec(await modules(program))?.[1] ?? "",
    start: (port) =>
      started(port, program, [], () => ({
        "m.yaml":
          `listeners: [{ type: tcp, id: t, address: "127.0.0.1:${port}" }]\nhooks: { auth: { allow_all: true } }\n`,
      }), (directory) => ["-config", `${directory}/m.yaml`]),
  };
}

async function ejabberdHere(): Promise<InstalledBroker | undefined> {
  const program = find("ejabberdctl");
  if (program === undefined || Deno.uid() !== 0) return undefined; // it runs as a user of its own
  const version = /ejabberd (\S+)/i.exec(await printed("dpkg-query", "-W", "-f", "ejabberd ${Version}", "ejabberd"))
    ?.[1];
  return {
    name: "ejabberd",
    version: version?.replace(/-.*/, "") ?? "",
    start: (port) =>
      started(port, "setpriv", ["--username", "x@localhost", "--password", "x"], (directory) => ({
        "e.yml": [
          "hosts: [localhost, 127.0.0.1]",
          "loglevel: warning",
          `listen: [{ port: ${port}, ip: "127.0.0.1", module: mod_mqtt, backlog: 1000 }]`,
          "auth_method: [anonymous]",
          "allow_multiple_connections: true",
          "anonymous_protocol: both",
          "acl: {}",
          'modules: { mod_mqtt: { access_publish: { "#": [ allow: all ] }, access_subscribe: { "#": [ allow: all ] } } }',
        ].join("\n"),
        "ctl.cfg": `EJABBERD_CONFIG_PATH=${directory}/e.yml\nEJABBERD_PID_PATH=${directory}/pid\n`,
      }), (directory) => [
        ...["--reuid=ejabberd", "--regid=ejabberd", "--clear-groups", "env", `HOME=${directory}`, program],
        ...["--ctl-config", `${directory}/ctl.cfg`, "--spool", `${directory}/spool`, "--logs", `${directory}/logs`],
        ...["--node", `e${port}@localhost`, "foreground"],
      ]),
  };
}

/** aedes, which is part of the tests. */
const AEDES: InstalledBroker = {
  name: "aedes",
  version: "2.0.0-beta.1",
  start: async (port) => {
    const broker = await embeddedBroker({ port });
    return { url: broker.url, login: [], [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() };
  },
};

/** A program that becomes the broker of a name: it is started with the name, a port of 127.0.0.1 and an empty directory. */
const SCRIPT = Deno.env.get("BROKER_SCRIPT");

/** A broker that the script starts. */
function scripted(name: string, script: string): InstalledBroker {
  return {
    name,
    version: "",
    start: (port) =>
      started(
        port,
        script,
        [],
        () => ({}),
        (directory) => [name, String(port), directory],
      ),
  };
}

/** Those of these names that are here, or that the script starts; all that are here if there are no names. */
export async function installedBrokers(names: readonly string[]): Promise<readonly InstalledBroker[]> {
  const others = [await mosquittoHere(), await ejabberdHere(), await natsHere(), await mochiHere()];
  const here = [AEDES, ...others.filter((broker) => broker !== undefined)];
  if (names.length === 0) return here;
  return names.flatMap((name) =>
    here.find((broker) => broker.name.toLowerCase() === name.toLowerCase()) ??
      (SCRIPT === undefined ? [] : scripted(name, SCRIPT))
  );
}
