/**
 * MCP hosts that npm has, asked whether they see what `config` has written. To run it:
 *
 *     npm install --prefix DIRECTORY @anthropic-ai/claude-code @openai/codex @google/gemini-cli opencode-ai @github/copilot \
 *         @qwen-code/qwen-code
 *     MCP_HOSTS=DIRECTORY/node_modules/.bin deno test -A tests/interop/host_programs_test.ts
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { fixture, homeIn, Process, type ProcessOptions, startProxy, startServe } from "../support/proxy.ts";

const PROGRAMS = Deno.env.get("MCP_HOSTS");

/** How each is called, and the file that makes it trust the project. */
const HOSTS: Readonly<Record<string, { program: string; trust?: (project: string) => readonly [string, string] }>> = {
  "claude-code": { program: "claude" },
  codex: {
    program: "codex",
    trust: (project) => [".codex/config.toml", `[projects."${project}"]\ntrust_level = "trusted"\n`],
  },
  "gemini-cli": {
    program: "gemini",
    trust: (project) => [".gemini/trustedFolders.json", JSON.stringify({ [project]: "TRUST_FOLDER" })],
  },
  "qwen-code": { program: "qwen" },
  opencode: { program: "opencode" },
  "copilot-cli": {
    program: "copilot",
    trust: (project) => [".copilot/config.json", JSON.stringify({ trusted_folders: [project] })],
  },
};

for (const [name, { program, trust }] of Object.entries(HOSTS)) {
  Deno.test({
    name: `${name} lists the servers that config has put into its files`,
    ignore: PROGRAMS === undefined,
    fn: async () => {
      await using broker = await embeddedBroker();
      const address = ["--broker", broker.url, "--name", "echo"];
      await using _serve = await startServe([...address, "--", ...fixture("echo_server.ts")]);
      const home = await Deno.realPath(await Deno.makeTempDir());
      const project = `${home}/project`;
      await Deno.mkdir(`${project}/.git`, { recursive: true });
      const options: ProcessOptions = {
        cwd: project,
        env: { ...await homeIn(home), XDG_CONFIG_HOME: "", CODEX_HOME: "" },
      };
      try {
        const [file, text] = trust?.(project) ?? [".trust", ""];
        await Deno.mkdir(dirname(`${home}/${file}`), { recursive: true });
        await Deno.writeTextFile(`${home}/${file}`, text);
        for (const scope of ["user", "project"]) {
          const args = ["--for", name, "--scope", scope, "--as", `of-${scope}`, "--write"];
          await using config = startProxy(["config", ...args, ...address], options);
          assert.equal((await config.status).code, 0, config.errors.seen.join("\n"));
        }
        await using host = new Process([`${PROGRAMS}/${program}`, "mcp", "list"], options);
        await host.closeInput();
        await host.status;
        await Promise.all([host.output.ended, host.errors.ended]);
        const list = [...host.output.seen, ...host.errors.seen].join("\n");
        for (const scope of ["user", "project"]) assert.match(list, new RegExp(`of-${scope}`), list);
      } finally {
        await Deno.remove(home, { recursive: true });
      }
    },
  });
}
