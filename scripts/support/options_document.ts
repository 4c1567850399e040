/**
 * The document of all options, made from the settings.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { FACE_SETTINGS, FLEET_SETTINGS, POOL_SETTINGS, TOOL_POLICY_SETTINGS } from "../../src/app/gateway/settings.ts";
import { allDeclarations } from "../../src/cli/commands.ts";
import {
  AUTHORIZED_KEY_SETTINGS,
  BROKER_SETTINGS,
  CONNECT_SETTINGS,
  END_SETTINGS,
  flagName,
  KNOWN_SERVER_SETTINGS,
  LOG_SETTINGS,
  MESSAGE_SETTINGS,
  PERMISSION_SETTINGS,
  SERVE_SETTINGS,
  type Setting,
  type Settings,
  SMCP_CHILD_SETTINGS,
  SMCP_SETTINGS,
  STATUS_SETTINGS,
  TOOL_SETTINGS,
  TRACE_CONTEXT_SETTINGS,
  TRACE_SETTINGS,
} from "../../src/config/mod.ts";
import { ADDRESS_SETTINGS } from "../../src/wire/mod.ts";

/** `serve` has it as well. */
const { closedTopic: _, ...POOL } = POOL_SETTINGS;

const COMMANDS = await allDeclarations();

const INTRODUCTION = `# Options

Every option of every command, by subject. \`mcp-mqtt-proxy COMMAND --help\` shows the common options of one command,
\`--help-all\` all of them.

- An option can be given on the command line or by its environment variable; the command line wins. An empty value counts
  as not given. Options without a variable can be given on the command line only.
- Times are in seconds and may have decimals: \`0.5\`.
- Sizes are in bytes, or have a unit: \`64K\`, \`64M\`, \`1G\`. A size with which nothing would work is refused, with the
  least and the most that makes sense.
- An option without a value in \`<…>\` is a switch. Its variable turns it on with \`true\`, \`1\`, \`yes\` or \`on\`, and off
  with \`false\`, \`0\`, \`no\` or \`off\`.
- An option whose value ends in \`...\` can be given several times. In its variable, spaces separate the values.
  \`--header\` and \`--user-property\` can be given several times too; in their variables, line breaks separate the values.
- In names, topics and client ids, \`{hostname}\` stands for the name of the machine, and \`{env:NAME}\` for the environment
  variable \`NAME\`.
- Without \`--broker\` and \`MQTT_URL\`, the broker is that of \`MQTT_BROKER\`, with \`MQTT_PORT\` and \`MQTT_TLS\`. A warning
  names variables that look like ours but are not read, such as \`MQTT_USER\`.`;

/** Options that several commands share, or that make a subject of their own. The rest is shown by command. */
const SUBJECTS: readonly (readonly [title: string, settings: Settings])[] = [
  ["Which server", ADDRESS_SETTINGS],
  ["Broker and login", BROKER_SETTINGS],
  ["Reaching a server", CONNECT_SETTINGS],
  ["Serving", SERVE_SETTINGS],
  ["Credentials by SMCP", { ...SMCP_SETTINGS, ...SMCP_CHILD_SETTINGS }],
  ["Sealed sessions", { ...AUTHORIZED_KEY_SETTINGS, ...KNOWN_SERVER_SETTINGS }],
  ["Messages, end of input, log, status and traces", {
    ...END_SETTINGS,
    ...MESSAGE_SETTINGS,
    ...LOG_SETTINGS,
    ...STATUS_SETTINGS,
    ...TRACE_SETTINGS,
    ...TRACE_CONTEXT_SETTINGS,
  }],
  ["The gateway", { ...FLEET_SETTINGS, ...FACE_SETTINGS, ...TOOL_POLICY_SETTINGS, ...POOL }],
  ["The tool server", { ...PERMISSION_SETTINGS, ...TOOL_SETTINGS }],
];

/** An option as one or several commands have it. */
interface OptionRow {
  readonly setting: Setting;
  /** The default of each command that has it. */
  readonly fallbacks: Map<string, string>;
}

/** The document, formatted as `deno fmt` wants it. */
export function optionsDocument(): Promise<string> {
  const rows = optionRows();
  const sections = SUBJECTS.map(([title, settings]) => {
    const own = rows.filter(({ setting }) => Object.values(settings).some((other) => isSame(setting, other)));
    return section(title, own);
  });
  const shown = SUBJECTS.flatMap(([, settings]) => Object.values(settings));
  const others = rows.filter(({ setting }) => !shown.some((other) => isSame(setting, other)));
  for (const { name } of COMMANDS) {
    const own = others.filter(({ fallbacks }) => fallbacks.keys().next().value === name);
    if (own.length > 0) sections.push(section(`Options of ${code(name)}`, own));
  }
  return formatted([INTRODUCTION, ...sections, formerNames(rows)].join("\n\n"));
}

/** Every option once, in the order of the commands. */
function optionRows(): OptionRow[] {
  const rows: OptionRow[] = [];
  for (const { name, settings } of COMMANDS) {
    for (const setting of Object.values(settings)) {
      let row = rows.find((row) => isSame(row.setting, setting));
      if (row === undefined) rows.push(row = { setting, fallbacks: new Map() });
      row.fallbacks.set(name, setting.fallback ?? "");
    }
  }
  return rows;
}

/** Whether two commands mean the same by an option; their defaults may differ. */
function isSame(one: Setting, other: Setting): boolean {
  return one.flag === other.flag && one.description === other.description;
}

/** A table; with a column of commands when not all of its options are of the same ones. */
function section(title: string, rows: readonly OptionRow[]): string {
  const [same, ...different] = new Set(rows.map(({ fallbacks }) => commandsOf(fallbacks)));
  const columns = ["option", "variable", "default", ...(different.length === 0 ? [] : ["commands"]), "what it does"];
  const lines = rows.map(({ setting: { flag, environment = "", description }, fallbacks }) => [
    code(flag),
    code(environment),
    defaultOf(fallbacks),
    ...(different.length === 0 ? [] : [commandsOf(fallbacks)]),
    description.replaceAll(/[|<*]/g, "\\$&"),
  ]);
  const table = [columns, columns.map(() => "-"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return [`## ${title}`, ...(different.length === 0 ? [`For ${same} only.`] : []), table].join("\n\n");
}

function commandsOf(fallbacks: OptionRow["fallbacks"]): string {
  return [...fallbacks.keys()].map(code).join(", ");
}

/** The default; where commands differ, that of most of them and then the others. */
function defaultOf(fallbacks: ReadonlyMap<string, string>): string {
  const commands = Map.groupBy(fallbacks.keys(), (command) => fallbacks.get(command) ?? "");
  const [[usual = ""] = [], ...others] = [...commands].toSorted(([, some], [, more]) => more.length - some.length);
  const exceptions = others.map(([fallback, names]) => `${names.map(code).join(", ")}: ${code(fallback)}`);
  return [usual === "" ? "" : code(usual), ...exceptions].join("; ");
}

function formerNames(rows: readonly OptionRow[]): string {
  const sentences = rows.flatMap(({ setting }) => {
    const { formerly, environment = "" } = setting;
    if (formerly === undefined) return [];
    const [now, before] = [[flagName(setting), environment], [formerly.flag, formerly.environment]]
      .map(([flag = "", variable = ""]) => `${code(flag)} (${code(variable)})`);
    return `${before} is now ${now}. The old names still work.`;
  });
  return sentences.length === 0 ? "" : `## Former names\n\n${sentences.join("\n")}`;
}

function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

async function formatted(markdown: string): Promise<string> {
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const args = ["fmt", "--quiet", "--config", config, "--ext", "md", "-"];
  const formatter = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
  const [{ success, stdout }] = await Promise.all([
    formatter.output(),
    new Response(markdown).body?.pipeTo(formatter.stdin),
  ]);
  if (!success) throw new Error("deno fmt has failed");
  return new TextDecoder().decode(stdout);
}
