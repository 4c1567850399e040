/**
 * SMCP servers as processes, and the parents that start them.
 *
 * @module
 */
import { Process, type ProcessOptions, PROXY_COMMAND } from "./proxy.ts";

/** Credentials for the broker at `url`. */
export function credentialsFor(url: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { hostname, port, protocol } = new URL(url);
  return { MQTT_BROKER: hostname, MQTT_PORT: port, ...(protocol === "mqtts:" ? { MQTT_TLS: "true" } : {}), ...more };
}

/** Starts our program as an SMCP server and gives it its credentials. */
export async function startSmcp(
  args: readonly string[],
  credentials: Readonly<Record<string, string>>,
  options?: ProcessOptions,
): Promise<Process> {
  const server = new Process([...PROXY_COMMAND, ...args], options);
  await expectLine(server, "+READY");
  await server.send(credentials);
  await expectLine(server, "+OK");
  return server;
}

/** Waits for the next line of a process, which has to be this one. */
export async function expectLine(process: Process, expected: string): Promise<void> {
  const line = await process.output.next();
  if (line !== expected) throw new Error(`Expected ${expected}, got ${line}`);
}

/** Opens the MCP conversation as a host does. */
export async function initialize(server: Process): Promise<void> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  await server.send({ jsonrpc: "2.0", id: "initialize", method: "initialize", params });
  const answer = await server.output.nextJson();
  if (answer.id !== "initialize" || answer.result === undefined) throw new Error(JSON.stringify(answer));
  await server.send({ jsonrpc: "2.0", method: "notifications/initialized" });
}

let lastId = 0;

/** Calls a tool of a server that does nothing else meanwhile. Resolves with the result of `tools/call`. */
// deno-lint-ignore no-explicit-any -- what tests look into has any shape
export async function callTool(server: Process, name: string, args: Record<string, unknown> = {}): Promise<any> {
  const id = ++lastId;
  await server.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } });
  const answer = await server.output.nextJson();
  if (answer.id !== id) throw new Error(`The answer to ${id} is ${JSON.stringify(answer)}`);
  return answer.result;
}

/** Runs a Python script among the fixtures with `order` on its stdin. Resolves with the JSON lines that it prints. */
// deno-lint-ignore no-explicit-any -- what tests look into has any shape
export async function runPython(script: string, order: unknown): Promise<any[]> {
  const file = new URL(`../fixtures/${script}`, import.meta.url).pathname;
  await using python = new Process(["python3", file]);
  await python.send(order);
  await python.closeInput();
  const { success } = await python.status;
  await Promise.all([python.output.ended, python.errors.ended]);
  if (!success) throw new Error(python.errors.seen.join("\n"));
  return python.output.seen.map((line) => JSON.parse(line));
}

/** Whether there is a Python to run. */
export const PYTHON: boolean = runs("python3", "--version");

/** Whether there is an strace that may trace. */
export const STRACE: boolean = runs("strace", "-o", "/dev/null", "true");

function runs(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** A directory for the files of one test. */
export async function scratchDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "smcp-" });
  await Deno.chmod(path, 0o755); // a broker may run as another user
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** A program without arguments, as hosts want it that start nothing else: runs our program with `args`. */
export async function bareCommand(directory: string, name: string, args: readonly string[]): Promise<string> {
  const path = `${directory}/${name}`;
  const words = [...PROXY_COMMAND, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  await Deno.writeTextFile(path, `#!/bin/sh\nexec ${words.join(" ")}\n`, { mode: 0o700 });
  return path;
}

/** A mosquitto with TLS and a password: its configuration, and the credentials for it. */
export async function tlsWithPassword(
  directory: string,
): Promise<{ configuration: string[]; credentials: Record<string, string> }> {
  const run = async (program: string, ...args: string[]) => {
    const { success, stderr } = await new Deno.Command(program, { args, cwd: directory, stderr: "piped" }).output();
    if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  };
  const key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
  await run("openssl", "req", "-x509", ...key, "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem");
  for (
    const [name, extension] of [["broker", "subjectAltName=IP:127.0.0.1"], ["client", "subjectAltName=DNS:client"]]
  ) {
    await Deno.writeTextFile(`${directory}/${name}.ext`, `${extension}\n`);
    await run(
      "openssl",
      "req",
      ...key.slice(0, 3),
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
    );
    const authority = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
    await run(
      "openssl",
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      ...authority,
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.pem`,
    );
  }
  await run("mosquitto_passwd", "-c", "-b", "passwords", "plant-user", "correct horse battery");
  for await (const { name } of Deno.readDir(directory)) await Deno.chmod(`${directory}/${name}`, 0o644);
  return {
    configuration: [
      `cafile ${directory}/ca.pem`,
      `certfile ${directory}/broker.pem`,
      `keyfile ${directory}/broker.key`,
      "require_certificate true",
      `password_file ${directory}/passwords`,
      "allow_anonymous false",
    ],
    credentials: {
      MQTT_TLS: "true",
      MQTT_USER: "plant-user",
      MQTT_PASS: "correct horse battery",
      MQTT_CA: await Deno.readTextFile(`${directory}/ca.pem`),
      MQTT_CERT: await Deno.readTextFile(`${directory}/client.pem`),
      MQTT_KEY: await Deno.readTextFile(`${directory}/client.key`),
    },
  };
}
