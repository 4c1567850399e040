import assert from "node:assert/strict";
import { allDeclarations } from "../../../src/cli/commands.ts";
import { describeCommands } from "../../../src/cli/completions/action.ts";
import { completionScript } from "../../../src/cli/completions/scripts.ts";
import { SHELLS } from "../../../src/cli/completions/command.ts";
import { flagName } from "../../../src/config/mod.ts";

const COMMANDS = await allDeclarations();

/** Runs a shell; `undefined` when it is not installed. */
async function shell(program: string, args: readonly string[]): Promise<{ code: number; lines: string[] } | undefined> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return { code, lines: text.split("\n").filter((line) => line !== "") };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const INSTALLED = new Set(
  (await Promise.all(SHELLS.map(async (name) => await shell(name, ["--version"]) === undefined ? [] : [name]))).flat(),
);

function script(name: (typeof SHELLS)[number]): string {
  return completionScript(name, describeCommands(COMMANDS));
}

for (const name of SHELLS) {
  Deno.test(`the completions of ${name} know every command and every option`, () => {
    const text = script(name);
    for (const command of COMMANDS) {
      assert.ok(text.includes(command.name), command.name);
      for (const setting of Object.values(command.settings)) {
        const flag = flagName(setting);
        assert.ok(text.includes(name === "fish" ? `-l ${flag.slice(2)} ` : flag), `${command.name} ${flag}`);
      }
    }
  });
}

/** What bash offers for a command line whose last word is being typed. */
async function bashOffers(...words: string[]): Promise<string[]> {
  const program = `${script("bash")}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mcp_mqtt_proxy; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const result = await shell("bash", ["--noprofile", "--norc", "-c", program, "bash", "mcp-mqtt-proxy", ...words]);
  return result?.lines ?? [];
}

Deno.test({
  name: "bash completes commands, options and the values of options",
  ignore: !INSTALLED.has("bash"),
  fn: async () => {
    assert.deepEqual(await bashOffers("conn"), ["connect"]);
    assert.deepEqual(await bashOffers("serve", "--qo"), ["--qos"]);
    assert.deepEqual((await bashOffers("listen", "--qos", "")).toSorted(), ["0", "1", "2", "auto"]);
    assert.deepEqual(await bashOffers("connect", "--log-format", "j"), ["json"]);
    assert.deepEqual(await bashOffers("completions", "f"), ["fish"]);
    assert.deepEqual(await bashOffers("connect", "--name", ""), []);
  },
});

Deno.test({
  name: "bash completes files where a file is meant, and commands behind --",
  ignore: !INSTALLED.has("bash"),
  fn: async () => {
    const file = import.meta.filename ?? "";
    assert.deepEqual(await bashOffers("connect", "--ca", file.slice(0, -4)), [file]);
    assert.ok((await bashOffers("serve", "--name", "x", "--", "bas")).includes("bash"));
  },
});

Deno.test({
  name: "fish completes commands, options and the values of options",
  ignore: !INSTALLED.has("fish"),
  fn: async () => {
    const offers = async (line: string) => {
      const result = await shell("fish", ["--no-config", "-c", `${script("fish")}\ncomplete -C '${line}'`]);
      return result?.lines.map((line) => line.split("\t")[0]);
    };
    assert.deepEqual(await offers("mcp-mqtt-proxy conn"), ["connect"]);
    assert.deepEqual(await offers("mcp-mqtt-proxy serve --log-f"), ["--log-format"]);
    assert.deepEqual(await offers("mcp-mqtt-proxy serve --log-format "), ["json", "text"]);
  },
});

/** How zsh is told: by a line in ~/.zshrc, or by a file in one of the directories of its fpath, as packages do. */
const ZSH_WAYS = {
  "as a line of .zshrc": (directory: string) =>
    `autoload -U compinit; compinit -u -D; source ${directory}/_mcp-mqtt-proxy`,
  "as a file in fpath": (directory: string) => `fpath=(${directory} $fpath); autoload -U compinit; compinit -u -D`,
};

for (const [way, setUp] of Object.entries(ZSH_WAYS)) {
  Deno.test({
    name: `zsh completes options and the values of options, ${way}`,
    ignore: !INSTALLED.has("zsh"),
    fn: async () => {
      const directory = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${directory}/_mcp-mqtt-proxy`, script("zsh"));
        // A terminal of its own: zsh completes only where somebody types.
        const program = `zmodload zsh/zpty; zpty z zsh -fi
        zpty -w z 'PS1=; ${setUp(directory)}; unsetopt zle_bracketed_paste'
        zpty -w z 'echo rea''dy'; zpty -r z line '*ready*'
        zpty -n -w z $'mcp-mqtt-proxy serve --log-format js\\t'; zpty -r z line '*--log-format json*'; print -r -- $line
        zpty -d z`;
        const result = await shell("timeout", ["20", "zsh", "-f", "-c", program]);
        assert.match(result?.lines.join("\n") ?? "", /serve --log-format json/);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}
