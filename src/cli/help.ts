/**
 * Help, and what is wrong with a command line.
 *
 * @module
 */
import { Command, CommanderError, Option } from "commander";
import metadata from "../../deno.json" with { type: "json" };
import { flagName, isSwitch, type Setting } from "../config/mod.ts";
import { type CommandLineIo, EXIT_OK, EXIT_USAGE, HINT, type NamedDeclaration, runCommand } from "./command.ts";
import { allDeclarations, COMMANDS } from "./commands.ts";

/**
 * Prints the help or the version that the arguments ask for, or what is wrong with them. If nothing is wrong, they are
 * run. Resolves with the exit code.
 */
export async function explainArguments(args: readonly string[], io: CommandLineIo): Promise<number> {
  let exitCode = EXIT_OK;
  const program = new Command("mcp-mqtt-proxy")
    .description("MCP over MQTT: puts stdio MCP servers on a broker, and reaches them from any MCP host.")
    .version(metadata.version, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .exitOverride()
    .configureOutput({ writeOut: io.print, writeErr: io.printError })
    .showHelpAfterError(HINT)
    .addHelpText(
      "after",
      "\nMost options have an environment variable too; flags win. See: mcp-mqtt-proxy COMMAND --help",
    );
  for (const declaration of await allDeclarations()) {
    const command = build(declaration).copyInheritedSettings(program);
    const loadable = COMMANDS.find(({ name }) => name === declaration.name);
    command.action(async (operands: string[]) => {
      if (loadable !== undefined) {
        exitCode = await runCommand(loadable, { flags: command.opts(), operands }, allDeclarations, io);
      }
    });
    program.addCommand(command);
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    throw error;
  }
}

/** The commander command of a declaration. */
function build(declaration: NamedDeclaration): Command {
  const built = new Command(declaration.name)
    .summary(declaration.summary)
    .description(declaration.description)
    .usage(["[options]", declaration.operands].filter(Boolean).join(" "))
    .helpOption("-h, --help", "show this help")
    .allowExcessArguments(true)
    .argument("[operands...]")
    .configureHelp({ visibleArguments: () => [] });
  if (declaration.alias !== undefined) built.alias(declaration.alias);
  for (const [title, settings] of Object.entries(declaration.groups)) {
    for (const [name, setting] of Object.entries(settings)) {
      if (setting === undefined) continue;
      const option = new Option(setting.flag, describeSetting(setting));
      option.helpGroup(title);
      option.attributeName = () => name;
      if (isSwitch(setting)) option.negate = false;
      built.addOption(option);
      if (setting.formerly !== undefined) built.addOption(hiddenOption(name, setting, setting.formerly.flag));
    }
  }
  const examples = declaration.examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join("\n");
  return built.addHelpText("after", `\nExamples:\n${examples}`);
}

/** An option that means the same as that of `setting`, under another flag. */
function hiddenOption(name: string, setting: Setting, flag: string): Option {
  const option = new Option(setting.flag.replace(flagName(setting), flag)).hideHelp();
  option.attributeName = () => name;
  return option;
}

/** What the help says of a setting. */
function describeSetting({ description, environment, fallback }: Setting): string {
  const sources = [
    ...(environment === undefined ? [] : [`env: ${environment}`]),
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
  ];
  return sources.length === 0 ? description : `${description} (${sources.join("; ")})`;
}
