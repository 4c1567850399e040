/** `serve`: what it does. @module */
import { CLIENT_INFO, clientIdFor } from "../../app/client_identity.ts";
import { lookForProgram } from "../../app/serve/child_pool.ts";
import { serve } from "../../app/serve/serve.ts";
import { type CredentialSource, credentialSource, readServerSealing, type Values } from "../../config/mod.ts";
import { Failure } from "../../core/failure.ts";
import { UsageError } from "../../core/usage_error.ts";
import { observation, ownNames } from "../../observe/mod.ts";
import type { ResolvedAddress } from "../../wire/mod.ts";
import { readCredentials } from "../../smcp/mod.ts";
import { chooseBroker } from "../broker_choice.ts";
import { type Action, type CommandLineIo, EXIT_NO_PERMISSION, EXIT_OK } from "../command.ts";
import type { ServeSettings } from "./command.ts";
import { collectWhenIdle } from "../idle_collection.ts";
import { terminationSignal } from "../termination.ts";
import type { Greeting } from "./greeting.ts";
import { readServers } from "./servers.ts";

/** Runs `serve` until the process is asked to end. */
export const serveAction: Action<ServeSettings> = async ({ values, flags, operands, started, io }) => {
  const childSource = childCredentialSource(values, flags);
  const ownId = clientIdFor("serve", values.clientId);
  const choice = await chooseBroker(values, flags, new AbortController().signal, async () => {
    const servers = await readServers(values, operands);
    servers.as(ownId); // an address that cannot be used is an error now, before credentials are asked for
    return servers;
  });
  const { input, others: { as, namesClient, warnings } } = choice;
  await using log = choice.log;
  const clientId = choice.broker.clientId ?? ownId;
  const broker = namesClient ? { ...choice.broker, clientId } : choice.broker;
  const all = as(clientId);
  const child = childSource && await readCredentials(childSource, { stdin: input, environment: Deno.env });
  const programs = await Promise.all(all.map(({ entry }) => lookForProgram(entry, values.passEnv)));
  const servers = all.filter((_, index) => programs[index]?.type !== "child.failed");
  const [lacking] = programs.filter((event) => event.type === "child.failed");
  if (servers.length === 0 && lacking !== undefined) throw new Failure("child-not-started", lacking.cause);
  const names = values.status === undefined ? [] : await ownNames();
  const sealing = await readServerSealing(values, broker, (text) => log.observe({ type: "warning", text }));
  started(sealing === undefined ? [] : ["read"]); // the file of authorized keys may change
  await using observed = await observation({
    ...values,
    log,
    kind: "server",
    title: "mcp-mqtt-proxy serve",
    version: CLIENT_INFO.version,
    ownNames: names,
    broker: broker.broker.url,
    servers: all.map(({ address }) => address.label),
    maximumSessions: values.maxSessions,
    needs: all.flatMap(({ address, entry }) => [{ server: address.label }, { processOf: entry.name }]),
  });
  for (const text of warnings) observed.observe({ type: "warning", text });
  const topicWarnings = new Set(all.flatMap(({ address }) => address.warnings));
  for (const text of [...topicWarnings, ...missingVariables(values.passEnv)]) {
    observed.observe({ type: "warning", text });
  }
  for (const event of programs) observed.observe(event);
  using termination = terminationSignal();
  using _memory = collectWhenIdle();
  using greeting = await greetingFor(io, values, servers[0]?.address, broker.broker.url, flags);
  const failure = await serve(
    {
      broker,
      servers,
      options: values,
      sealing,
      ...(child === undefined ? {} : { childCredentials: child.credentials }),
    },
    {
      ...observed,
      observe(event) {
        greeting?.observe(event);
        observed.observe(event);
      },
    },
    termination.signal,
  );
  return failure === undefined ? EXIT_OK : EXIT_NO_PERMISSION;
};

/** The greeting for a user at a terminal; `undefined` without a terminal. */
async function greetingFor(
  io: CommandLineIo,
  { logLevel, logFormat }: Values<ServeSettings>,
  address: ResolvedAddress | undefined,
  broker: string,
  flags: Readonly<Record<string, unknown>>,
): Promise<Greeting | undefined> {
  const unseen = io.terminalWidth?.() === undefined || logLevel === "off" || logFormat === "json";
  if (unseen || address === undefined) return undefined;
  const { Greeting } = await import("./greeting.ts");
  const { name, topic } = address.options;
  return new Greeting(io, { name, topic, broker }, flags);
}

/** The source of the credentials of the server processes, if these are SMCP servers. */
function childCredentialSource(
  values: Values<ServeSettings>,
  flags: Readonly<Record<string, unknown>>,
): CredentialSource | undefined {
  if (values.smcpChild) {
    const source = credentialSource(values);
    if (source.kind !== "stdin" || !values.smcp) return source;
    throw new UsageError(["with --smcp, stdin is for our own credentials: give those of the server in a file"]);
  }
  // Only flags are an error here: the variables may be meant for another program.
  const { credentialsFile, credentialsCommand, credentialsEnv } = flags;
  if ((credentialsFile ?? credentialsCommand ?? credentialsEnv) === undefined) return undefined;
  throw new UsageError(["credentials for the server are given, but it is no SMCP server: add --smcp-child"]);
}

/** Warnings about variables that are missing. The server's own errors would not say that `--pass-env` is the cause. */
function missingVariables(names: readonly string[]): string[] {
  return names.filter((name) => !Deno.env.has(name)).map((name) =>
    `--pass-env ${name}: there is no such variable here, or no permission to read it (--allow-env=${name})`
  );
}
