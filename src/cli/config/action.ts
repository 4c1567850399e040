/** `config`: what it does. @module */
import { resolve } from "node:path";
import {
  type BrokerConfig,
  brokerConfig,
  CREDENTIAL_SOURCE_SETTINGS,
  flagName,
  isGiven,
  PERMISSION_SETTINGS,
  readBrokerFiles,
  type Settings,
  TOOL_SETTINGS,
  type Values,
} from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { quoted } from "../call_line.ts";
import { type Action, EXIT_OK } from "../command.ts";
import { resolveAddress } from "../../wire/mod.ts";
import type { ConfigSettings } from "./command.ts";
import { CONNECT } from "../connect/command.ts";
import { GATEWAY } from "../gateway/command.ts";
import { type ConnectLine, connectLine, environmentProxyPermissions, placeholderPermissions } from "./connect_line.ts";
import { gatewayFlags } from "./gateway_flags.ts";
import { defaultFile, formatOf, writeHostFile } from "./host_file.ts";
import { entryName, type Host, type HostFile, hostFile, type Launch, type Scope, scopesOf } from "./host.ts";
import { HOSTS, OTHER_HOST } from "./hosts.ts";
import { launcher } from "./launcher.ts";
import { lookForServer } from "./look_for_server.ts";
import { TOOLS_LINE_SETTINGS, toolsLine } from "./tools_line.ts";

/** Prints the configuration of a host, or puts it into the host's file. */
export const configAction: Action<ConfigSettings> = async ({ values, flags, operands, io }) => {
  const hint = (text: string) => io.printError(`${text}\n`);
  if (operands.length > 0 && !values.gateway) {
    throw new UsageError([`config takes no arguments: "${operands.join(" ")}"`]);
  }
  if (values.gateway && values.tools) throw new UsageError(["--gateway and --tools exclude each other: remove one"]);
  if (values.for === undefined) {
    throw new UsageError([`say for which host: --for takes ${Object.keys(HOSTS).join(", ")}`]);
  }
  const host = HOSTS[values.for] ?? OTHER_HOST;
  const scope = values.scope ?? scopesOf(host)[0];
  const file = values.file === undefined ? defaultFile(host, values.scope) : resolve(Deno.cwd(), values.file);
  const shared = scope === "project" && values.file === undefined;
  const launch = values.tools
    ? await toolsLaunch(values, flags, shared)
    : values.gateway
    ? await gatewayLaunch(host, values, flags, operands, shared, hint)
    : await connectLaunch(host, values, flags, shared, hint);
  const content = hostFile(host, launch);
  if (values.write) await write(host, file, content, { named: values.as !== undefined, shared }, hint);
  else {
    io.print((await formatOf(host)).print(content));
    if (file !== undefined) hint(`this goes into ${file} (or add --write)`);
    if (host === HOSTS["claude-code"]) hint(`or run: ${addJsonLine(host, content, scope)}`);
  }
  if (launch.secret !== undefined && host.question === undefined) {
    hint(`the password is not in there: ${host.title} takes it from its variable ${launch.secret}`);
  }
  const { approval } = host;
  const next = typeof approval === "string" ? approval : scope === undefined ? undefined : approval?.[scope];
  if (next !== undefined) hint(`next: ${next}`);
  return EXIT_OK;
};

type Flags = Readonly<Record<string, unknown>>;

/** The command line that starts `tools`. */
async function toolsLaunch(values: Values<ConfigSettings>, flags: Flags, shared: boolean): Promise<Launch> {
  const given = givenSettings({ ...CREDENTIAL_SOURCE_SETTINGS, ...TOOLS_LINE_SETTINGS }, flags);
  const { launch, tools } = toolsLine(given, flags, Deno.cwd());
  // Only the credentials name the broker, so any host has to be allowed.
  const permissions = ["--allow-net", ...placeholderPermissions(TOOLS_LINE_SETTINGS, given), "--ignore-env"];
  const server = await launcher({ args: ["tools", ...tools.args], files: tools.files, permissions }, shared);
  const args = ["launch", ...launch.args, "--", server.command, ...server.args];
  // `launch` passes its environment on, so it needs all of it.
  const line = { args, files: launch.files, permissions: ["--allow-run", "--allow-env"] };
  return { name: values.as ?? "mqtt", ...await launcher(line, shared) };
}

/** The command line that starts `gateway`. */
async function gatewayLaunch(
  host: Host,
  values: Values<ConfigSettings>,
  flags: Flags,
  operands: readonly string[],
  shared: boolean,
  hint: (text: string) => void,
): Promise<Launch> {
  refuseToolSettings(flags);
  const { flags: all, ownValues } = gatewayFlags(flags, operands);
  const meant: Values<ConfigSettings> = { ...values, ...ownValues };
  const given = givenSettings(GATEWAY.settings, all);
  const line = connectLine("gateway", GATEWAY.settings, given, meant.broker ?? "", Deno.cwd());
  const broker = brokerConfig(await readBrokerFiles(meant, all), all);
  return { name: values.as ?? "fleet", ...await brokerLaunch(host, line, meant, broker, shared, hint) };
}

/** The command line that starts `connect`. */
async function connectLaunch(
  host: Host,
  values: Values<ConfigSettings>,
  flags: Flags,
  shared: boolean,
  hint: (text: string) => void,
): Promise<Launch> {
  refuseToolSettings(flags);
  const address = resolveAddress(values);
  const broker = brokerConfig(await readBrokerFiles(values, flags), flags);
  const given = givenSettings(CONNECT.settings, flags);
  const line = connectLine("connect", CONNECT.settings, given, values.broker ?? "", Deno.cwd());
  const launch = await brokerLaunch(host, line, values, broker, shared, hint);
  if (values.write) {
    const problem = await lookForServer(broker, address, values);
    if (problem !== undefined) hint(`warning: ${problem}; it is written all the same`);
  }
  return { name: values.as ?? entryName(address.label), ...launch };
}

/** How a host starts a command that connects to a broker. */
async function brokerLaunch(
  host: Host,
  { secret, ...line }: ConnectLine,
  { proxy: ownProxy, passwordCommand }: Values<ConfigSettings>,
  { broker }: BrokerConfig,
  shared: boolean,
  hint: (text: string) => void,
): Promise<Omit<Launch, "name">> {
  if (secret !== undefined && host.variable === undefined && host.passes === undefined) {
    throw new UsageError([
      `${host.title} takes variables as plain text, and a password must not be in its file: use --password-file`,
    ]);
  }
  if (broker.username !== undefined && broker.password === undefined && passwordCommand === undefined) {
    hint("a username without a password: add --password-file FILE, or set MQTT_PASSWORD while this runs");
  }
  const variables = secret === undefined ? [] : [`--allow-env=${secret}`];
  const proxy = ownProxy === undefined ? broker.proxy : undefined;
  const proxies = proxy === undefined ? [] : environmentProxyPermissions(new URL(proxy.reveal()));
  const permissions = [...line.permissions, ...variables, ...proxies, "--ignore-env"];
  return { ...await launcher({ ...line, permissions }, shared), ...(secret === undefined ? {} : { secret }) };
}

/** Refuses settings that only `tools` has, when another command is configured. */
function refuseToolSettings(flags: Flags): void {
  const stray = Object.entries({ ...PERMISSION_SETTINGS, ...TOOL_SETTINGS, ...CREDENTIAL_SOURCE_SETTINGS } as Settings)
    .filter(([name]) => flags[name] !== undefined && !(name in CONNECT.settings))
    .map(([, setting]) => flagName(setting));
  if (stray.length === 0) return;
  throw new UsageError([`${stray.join(", ")} is for the tools: add --tools, or for the gateway: put it behind --`]);
}

/** The `settings` that flags or variables set, as text; empty text counts as not given. */
function givenSettings(settings: Settings, flags: Flags): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, { environment, formerly }]) => {
      const variables = [environment, formerly?.environment].filter((variable) => variable !== undefined);
      return [name, [flags[name], ...variables.map((variable) => Deno.env.get(variable))].find(isGiven)];
    }),
  );
}

async function write(
  host: Host,
  file: string | undefined,
  content: HostFile,
  options: Parameters<typeof writeHostFile>[3],
  hint: (text: string) => void,
): Promise<void> {
  if (file === undefined) {
    const why = scopesOf(host).length === 0 ? `${host.title} has no usual place` : "there is no HOME";
    throw new UsageError([`say into which file: ${why}, add --file FILE`]);
  }
  const outcome = await writeHostFile(host, file, content, options);
  if (typeof outcome === "object") hint(`the file as it was is ${outcome.backup}`);
  hint(outcome === "unchanged" ? `${file} has this already, and was not changed` : `written to ${file}`);
}

/** The shell command that makes Claude Code add the entry to its own file. */
function addJsonLine(host: Host, content: HostFile, scope: Scope | undefined): string {
  const [[name = "", entry] = []] = Object.entries(Object(content[host.member]));
  return `claude mcp add-json ${quoted(name)} --scope ${scope} ${quoted(JSON.stringify(entry))}`;
}
