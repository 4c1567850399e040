/**
 * Scripts for shell completion, made from the table of commands.
 *
 * @module
 */
import type { SHELLS } from "./command.ts";

/** The command name of the program. */
const PROGRAM = "mcp-mqtt-proxy";

/** The name of the shell function. */
const FUNCTION = `_${PROGRAM.replaceAll("-", "_")}`;

/** One option of a command. */
export interface Option {
  readonly flag: string;
  readonly description: string;
  /** The kind of its value: none for a switch, a file, any text, or one of these words. */
  readonly value: "none" | "file" | "text" | readonly string[];
}

/** One command. */
export interface DescribedCommand {
  readonly names: readonly string[];
  readonly summary: string;
  readonly options: readonly Option[];
  /** All possible first operands. */
  readonly choices: readonly string[];
}

/** The script for one shell. */
export function completionScript(shell: (typeof SHELLS)[number], commands: readonly DescribedCommand[]): string {
  return SCRIPTS[shell](commands);
}

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], (commands: readonly DescribedCommand[]) => string>> = {
  bash,
  zsh,
  fish,
  powershell,
};

function bash(commands: readonly DescribedCommand[]): string {
  const values = commands.flatMap(({ names, options }) =>
    options.filter(({ value }) => value !== "none").map(({ flag, value }) => {
      const patterns = names.map((name) => `"${name} ${flag}"`).join("|");
      if (value === "file") return `    ${patterns}) COMPREPLY=($(compgen -f -- "$current")) ;;`;
      if (typeof value === "string") return `    ${patterns}) ;;`;
      return `    ${patterns}) COMPREPLY=($(compgen -W "${value.join(" ")}" -- "$current")) ;;`;
    })
  );
  const words = commands.map(({ names, options, choices }) =>
    `        ${names.join("|")}) words="${[...options.map(({ flag }) => flag), ...choices].join(" ")}" ;;`
  );
  return `# bash completion of ${PROGRAM}
${FUNCTION}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words index
  COMPREPLY=()
  for ((index = 2; index < COMP_CWORD; index++)); do
    if [[ \${COMP_WORDS[index]} == -- ]]; then
      # Behind -- comes a command line of its own.
      if ((index == COMP_CWORD - 1)); then COMPREPLY=($(compgen -c -- "$current"))
      else COMPREPLY=($(compgen -f -- "$current")); fi
      return
    fi
  done
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${commands.flatMap(({ names }) => names).join(" ")} help --help --version" -- "$current"))
    return
  fi
  case "$command $previous" in
${values.join("\n")}
    *)
      case $command in
${words.join("\n")}
        help) words="${commands.map(({ names }) => names[0]).join(" ")}" ;;
      esac
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      ;;
  esac
}
complete -F ${FUNCTION} ${PROGRAM}
`;
}

function zsh(commands: readonly DescribedCommand[]): string {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const described = commands.flatMap(({ names, summary }) =>
    names.map((name) => `    ${quote(`${name}:${summary.replaceAll(":", "\\:")}`)}`)
  );
  const cases = commands.map(({ names, options, choices }) => {
    const specs = options.map(({ flag, description, value }) => {
      const text = description.replaceAll(/[\\[\]:]/g, "\\$&");
      const action = value === "none"
        ? ""
        : value === "file"
        ? ":file:_files"
        : value === "text"
        ? ":value: "
        : `:value:(${value.join(" ")})`;
      return `        ${quote(`*${flag}[${text}]${action}`)}`;
    });
    const operand = choices.length > 0 ? `1:operand:(${choices.join(" ")})` : "*::command:_normal";
    return `    ${names.join("|")})\n      _arguments \\\n${specs.join(" \\\n")} \\\n        ${
      quote(operand)
    }\n      ;;`;
  });
  return `#compdef ${PROGRAM}
# zsh completion of ${PROGRAM}
${FUNCTION}() {
  local -a commands=(
${described.join("\n")}
    'help:show the help of a command'
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${cases.join("\n")}
    help) _describe command commands ;;
  esac
}
# As a file in fpath, this is a function itself, called for the first completion.
if [[ $funcstack[1] == _${PROGRAM} ]]; then
  ${FUNCTION} "$@"
else
  compdef ${FUNCTION} ${PROGRAM}
fi
`;
}

function fish(commands: readonly DescribedCommand[]): string {
  const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ names, summary, options, choices }) => {
    const condition = `-n ${quote(`__fish_seen_subcommand_from ${names.join(" ")}`)}`;
    return [
      ...names.map((name) => `-n __fish_use_subcommand -a ${name} -d ${quote(summary)}`),
      ...choices.map((choice) => `${condition} -a ${choice}`),
      ...options.map(({ flag, description, value }) => {
        const option = `${condition} -l ${flag.replace(/^--/, "")} -d ${quote(description)}`;
        if (value === "none") return option;
        if (value === "file") return `${option} -r -F`;
        return value === "text" ? `${option} -x` : `${option} -x -a ${quote(value.join(" "))}`;
      }),
    ];
  });
  return [`# fish completion of ${PROGRAM}`, "-f", ...lines].map((line, index) =>
    index === 0 ? line : `complete -c ${PROGRAM} ${line}`
  ).join("\n") + "\n";
}

function powershell(commands: readonly DescribedCommand[]): string {
  const list = (words: readonly string[]) => `@(${words.map((word) => `'${word.replaceAll("'", "''")}'`).join(", ")})`;
  const words = commands.flatMap(({ names, options, choices }) =>
    names.map((name) => `    '${name}' = ${list([...options.map(({ flag }) => flag), ...choices])}`)
  );
  const values = commands.flatMap(({ names, options }) =>
    options.flatMap(({ flag, value }) =>
      typeof value === "string" ? [] : names.map((name) => `    '${name} ${flag}' = ${list(value)}`)
    )
  );
  return `# PowerShell completion of ${PROGRAM}
Register-ArgumentCompleter -Native -CommandName ${PROGRAM} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @{
${words.join("\n")}
  }
  $values = @{
${values.join("\n")}
  }
  $typed = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
  if ($wordToComplete) { $typed = @($typed | Select-Object -SkipLast 1) }
  if ($typed.Count -le 1) { $candidates = $words.Keys }
  elseif ($values.ContainsKey("$($typed[1]) $($typed[-1])")) { $candidates = $values["$($typed[1]) $($typed[-1])"] }
  else { $candidates = $words[$typed[1]] }
  $candidates | Where-Object { $_ -like "$wordToComplete*" } | Sort-Object | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
