/** `completions`: what it does. @module */
import { UsageError } from "../../core/usage_error.ts";
import { type Action, EXIT_OK, type NamedDeclaration } from "../command.ts";
import { choicesOf, flagName, isSwitch, namesFile, type Setting } from "../../config/mod.ts";
import { completionScript, type DescribedCommand, type Option } from "./scripts.ts";
import { SHELLS } from "./command.ts";

/** Prints the script for a shell. */
export const completionsAction: Action<Record<never, never>> = async ({ operands, commands, io }) => {
  const shell = SHELLS.find((shell) => shell === operands[0]);
  if (shell === undefined) throw new UsageError([`say for which shell: completions ${SHELLS.join("|")}`]);
  io.print(completionScript(shell, describeCommands(await commands())));
  return EXIT_OK;
};

/** The commands in the form that the completion scripts need. */
export function describeCommands(declarations: readonly NamedDeclaration[]): readonly DescribedCommand[] {
  const help: Option = { flag: "--help", description: "show the help", value: "none" };
  const helpAll: Option = { flag: "--help-all", description: "show the help of all options", value: "none" };
  return declarations.map(({ name, alias, summary, settings, common, choices = [] }) => ({
    names: [name, ...(alias === undefined ? [] : [alias])],
    summary,
    choices,
    options: [...Object.values(settings).map(describeOption), help, ...(common === undefined ? [] : [helpAll])],
  }));
}

function describeOption(setting: Setting): Option {
  const choices = choicesOf(setting);
  const value = isSwitch(setting) ? "none" : choices.length > 0 ? choices : namesFile(setting) ? "file" : "text";
  return { flag: flagName(setting), description: setting.description, value };
}
