/** `config`: what it does. @module */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brokerConfig, readBrokerFiles, type Settings, type Values } from "../../config/mod.ts";
import { withoutByteOrderMark } from "../../core/text_file.ts";
import { UsageError } from "../../core/usage_error.ts";
import { type Action, EXIT_OK } from "../command.ts";
import { resolveAddress } from "../../wire/mod.ts";
import type { ConfigSettings } from "./command.ts";
import { CONNECT } from "../connect/command.ts";
import { type ConnectLine, connectLine } from "./connect_line.ts";
import { lookForServer } from "./look_for_server.ts";
import {
  entryInTheWay,
  entryName,
  type Host,
  type HostFile,
  hostFile,
  HOSTS,
  OTHER_HOST,
  type Places,
} from "./hosts.ts";
import { mergeIntoText } from "./merge.ts";

/** Prints the configuration of a host, or merges it into the host's file. */
export const configAction: Action<ConfigSettings> = async ({ values, flags, operands, io }) => {
  const hint = (text: string) => io.printError(`${text}\n`);
  if (operands.length > 0) throw new UsageError([`config takes no arguments: "${operands.join(" ")}"`]);
  if (values.for === undefined) {
    throw new UsageError([`say for which host: --for takes ${Object.keys(HOSTS).join(", ")}`]);
  }
  const host = HOSTS[values.for] ?? OTHER_HOST;
  const address = resolveAddress(values);
  const broker = brokerConfig(await readBrokerFiles(values), flags);
  const given = givenSettings(flags);
  const line = connectLine(CONNECT.settings, given, values.broker ?? "", Deno.cwd());
  if (line.secret !== undefined && host.variable === undefined) {
    throw new UsageError([
      `${host.title} takes variables as plain text, and a password must not be in its file: use --password-file`,
    ]);
  }
  const secret = line.secret === undefined ? {} : { secret: line.secret };
  const content = hostFile(host, values.as ?? entryName(address.label), { ...launcher(line), ...secret });
  const file = fileOf(host, values);
  if (broker.broker.username !== undefined && broker.broker.password === undefined) {
    hint("a username without a password: add --password-file FILE, or set MQTT_PASSWORD while this runs");
  }
  if (values.write) {
    const problem = await lookForServer(broker, address, values);
    if (problem !== undefined) hint(`warning: ${problem}; it is written all the same`);
  }
  if (values.write) await merge(host, file, content, values.as !== undefined, hint);
  else io.print(`${JSON.stringify(content, null, 2)}\n`);
  if (!values.write && file !== undefined) hint(`this goes into ${file} (or add --write)`);
  if (line.secret !== undefined && host.question === undefined) {
    hint(`the password is not in there: ${host.title} takes it from its variable ${line.secret}`);
  }
  return EXIT_OK;
};

/** The settings of `connect` that flags or variables give, as text. */
function givenSettings(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(CONNECT.settings as Settings).map(([name, { environment }]) => [
      name,
      flags[name] ?? (environment === undefined ? undefined : Deno.env.get(environment)),
    ]),
  );
}

/** How this program is started: the executable itself, or Deno with no more permissions than the line needs. */
function launcher({ args, files, address, secret }: ConnectLine): { command: string; args: readonly string[] } {
  if (Deno.build.standalone) return { command: Deno.execPath(), args };
  const main = Deno.mainModule.startsWith("file:") ? fileURLToPath(Deno.mainModule) : Deno.mainModule;
  const permissions = [
    "--no-prompt",
    `--allow-net=${address}`,
    ...(files.length === 0 ? [] : [`--allow-read=${files.join(",")}`]),
    ...(secret === undefined ? [] : [`--allow-env=${secret}`]),
    "--ignore-env",
  ];
  return { command: Deno.execPath(), args: ["run", ...permissions, main, ...args] };
}

function fileOf(host: Host, { file, write }: Values<ConfigSettings>): string | undefined {
  if (file !== undefined) return resolve(Deno.cwd(), file);
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  if (host.file !== undefined && home !== undefined) {
    const os = Deno.build.os === "darwin" || Deno.build.os === "windows" ? Deno.build.os : "linux";
    const config = os === "windows" ? Deno.env.get("APPDATA") : Deno.env.get("XDG_CONFIG_HOME");
    const places: Places = { os, home, config: config || `${home}/.config`, currentDirectory: Deno.cwd() };
    return host.file(places);
  }
  if (write) throw new UsageError([`say into which file: ${host.title} has no usual place, add --file FILE`]);
}

async function merge(
  host: Host,
  file: string | undefined,
  addition: HostFile,
  named: boolean,
  hint: (text: string) => void,
): Promise<void> {
  if (file === undefined) return;
  const text = await readIfThere(file);
  const existing = text === undefined ? {} : parse(file, text);
  const other = named ? undefined : entryInTheWay(host, existing, addition);
  if (other !== undefined) {
    throw new UsageError([`${file} has "${other}" for something else: add --as NAME, or --as ${other} to replace it`]);
  }
  const merged = mergeIntoText(text === undefined || text.trim() === "" ? "{}\n" : text, addition);
  await Deno.mkdir(dirname(file), { recursive: true });
  if (text !== undefined) {
    const backup = `${file}.${new Date().toISOString().replaceAll(/[-:.]/g, "")}.bak`;
    await Deno.writeTextFile(backup, text, { createNew: true, mode: 0o600 });
    hint(`the file as it was is ${backup}`);
  }
  // Renaming is one step: whatever happens, the host finds a whole file.
  const target = text === undefined ? file : await Deno.realPath(file); // which may be a link
  const next = `${target}.new`;
  await Deno.writeTextFile(next, merged, { mode: 0o600 });
  await Deno.rename(next, target);
  hint(`${file} has it now; restart ${host.title}`);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function parse(file: string, text: string): HostFile {
  if (text.trim() === "") return {};
  let content: unknown;
  try {
    content = JSON.parse(withoutByteOrderMark(text));
  } catch (cause) {
    throw new UsageError([`${file} is no plain JSON (comments?), and is left alone: print, and put it there by hand`], {
      cause,
    });
  }
  if (typeof content === "object" && content !== null && !Array.isArray(content)) return { ...content };
  throw new UsageError([`${file} holds no JSON object, and is left alone`]);
}
