/**
 * The help, and messages about a wrong command line.
 *
 * @module
 */
import { Command, CommanderError, Option } from "commander";
import metadata from "../../deno.json" with { type: "json" };
import { flagName, isSwitch, type Setting } from "../config/mod.ts";
import { visibleText } from "../core/text.ts";
import { firstOperand } from "./arguments.ts";
import { type CommandLineIo, EXIT_OK, EXIT_USAGE, helpHint, type NamedDeclaration, runCommand } from "./command.ts";
import { allDeclarations, COMMANDS } from "./commands.ts";
import { nearest } from "./nearest.ts";

/** The examples in the help of the program: all steps to a tool in a host. */
const EXAMPLES: readonly (readonly [line: string, meaning: string])[] = [
  [
    "mcp-mqtt-proxy serve --name files -- npx -y @modelcontextprotocol/server-filesystem /srv",
    "put a server on a broker",
  ],
  ["mcp-mqtt-proxy list", "see who is online there, from any machine"],
  ["mcp-mqtt-proxy call files list_directory path=/srv", "call a tool; without one, see the tools"],
  ["mcp-mqtt-proxy config --for claude-code --name files --write", "give it to an MCP host"],
];

const HELP_ALL = "--help-all";

/**
 * Prints the help or the version that the arguments ask for, or what is wrong with them. If nothing is wrong, runs the
 * command. Resolves with the exit code.
 */
export async function explainArguments(args: readonly string[], io: CommandLineIo): Promise<number> {
  let exitCode = EXIT_OK;
  const declarations = await allDeclarations();
  const all = options(args).includes(HELP_ALL);
  const program = new Command("mcp-mqtt-proxy")
    .description("MCP over MQTT: puts stdio MCP servers on a broker, and reaches them from any MCP host.")
    .version(metadata.version, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: io.print, writeErr: io.printError })
    .configureHelp({
      visibleArguments: () => [],
      subcommandTerm: (command) => [command.name(), ...command.aliases()].join(", "),
    })
    .showHelpAfterError(helpHint(undefined))
    .addHelpText("after", exampleText(EXAMPLES))
    .addHelpText(
      "after",
      "\nOptions of a command, most of which have an environment variable too: mcp-mqtt-proxy COMMAND --help",
    );
  for (const declaration of declarations) {
    const command = build(declaration, all).copyInheritedSettings(program);
    command.showHelpAfterError(helpHint(declaration.name));
    const loadable = COMMANDS.find(({ name }) => name === declaration.name);
    command.action(async (operands: string[]) => {
      if (loadable !== undefined) {
        exitCode = await runCommand(loadable, { flags: command.opts(), operands }, allDeclarations, io);
      }
    });
    program.addCommand(command);
  }
  program.addCommand(helpCommand(program));
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.unknownOption") {
      separatorHint(args, declarations, io);
      elsewhereHint(args[0], error.message, declarations, io);
    }
    return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  }
}

/** `help COMMAND` is `COMMAND --help`, and an error when there is no such command. */
function helpCommand(program: Command): Command {
  const command = new Command("help").summary("show the help of a command").argument("[command]").usage("[command]");
  return command.copyInheritedSettings(program).action((name: string | undefined) => {
    const meant = program.commands.find((one) =>
      one.name() === name || (name !== undefined && one.aliases().includes(name))
    );
    if (name === undefined) return program.help();
    if (meant !== undefined) return meant.help();
    const [near] = nearest(name, program.commands.map((one) => one.name()));
    const hint = near === undefined ? "" : `\n(Did you mean ${near}?)`;
    program.error(`error: unknown command '${name}'${hint}`, { code: "commander.unknownCommand" });
  });
}

/** The arguments in front of `--`. */
function options(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end < 0 ? args : args.slice(0, end);
}

/** A hint when an option of the server was read as one of ours: the server's command line has to come after `--`. */
function separatorHint(
  [name, ...args]: readonly string[],
  declarations: readonly NamedDeclaration[],
  { printError }: CommandLineIo,
): void {
  const declaration = declarations.find((one) => one.name === name || one.alias === name);
  if (declaration?.operands?.includes("-- COMMAND") !== true || args.includes("--")) return;
  const start = firstOperand(declaration.settings, args);
  if (start === undefined) return;
  const command = args.slice(start).map(visibleText).join(" ");
  printError(`put -- before the command: mcp-mqtt-proxy ${declaration.name} ${start === 0 ? "" : "… "}-- ${command}\n`);
}

/** A hint when only other commands have the option. */
function elsewhereHint(
  command: string | undefined,
  message: string,
  declarations: readonly NamedDeclaration[],
  { printError }: CommandLineIo,
): void {
  const [, option] = /'(--[^'=]+)/.exec(message) ?? [];
  const others = declarations.filter(({ name, settings }) =>
    name !== command && Object.values(settings).some((setting) => setting && flagName(setting) === option)
  );
  if (others.length === 0) return;
  const instead = command === "tools" && option === "--broker" // a host's file must not need the login
    ? "; tools gets the broker from its host, or from MQTT_BROKER with --insecure"
    : "";
  printError(`${option} is an option of ${others.map(({ name }) => name).join(", ")}${instead}\n`);
}

/** The commander command of a declaration. */
function build(declaration: NamedDeclaration, all: boolean): Command {
  const { name, alias, summary, description, operands, groups, examples, common } = declaration;
  const built = new Command(name)
    .summary(summary)
    .description(description)
    .usage(["[options]", operands].filter(Boolean).join(" "))
    .helpOption("-h, --help", "show this help")
    .allowExcessArguments(true)
    .argument("[operands...]");
  if (alias !== undefined) built.alias(alias);
  for (const [title, settings] of Object.entries(groups)) {
    for (const [name, setting] of Object.entries(settings)) {
      if (setting === undefined) continue;
      const option = new Option(setting.flag, describeSetting(setting));
      option.helpGroup(title);
      option.attributeName = () => name;
      option.hideHelp(!all && common?.includes(name) === false);
      if (isSwitch(setting)) option.negate = false;
      built.addOption(option);
      if (setting.formerly !== undefined) {
        built.addOption(formerOption(name, setting, setting.formerly.flag).helpGroup(title));
      }
    }
  }
  if (common !== undefined) {
    built.option(HELP_ALL, "show all options").on("option:help-all", () => built.help());
    if (!all) built.addHelpText("after", `\nFurther options: mcp-mqtt-proxy ${name} ${HELP_ALL}`);
  }
  return built.addHelpText("after", exampleText(examples));
}

function exampleText(examples: NamedDeclaration["examples"]): string {
  return `\nExamples:\n${examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join("\n")}`;
}

/** A hidden option for a former flag of `setting`. */
function formerOption(name: string, setting: Setting, flag: string): Option {
  const option = new Option(setting.flag.replace(flagName(setting), flag)).hideHelp();
  option.attributeName = () => name;
  return option;
}

/** The description of a setting in the help. */
function describeSetting({ description, environment, fallback }: Setting): string {
  const sources = [
    ...(environment === undefined ? [] : [`env: ${environment}`]),
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
  ];
  return sources.length === 0 ? description : `${description} (${sources.join("; ")})`;
}
