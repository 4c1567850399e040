/**
 * The MCP bundles: unpacked and started as a host does, with the answers of a user put in.
 *
 * @module
 */
import assert from "node:assert/strict";
import { packBundles } from "../../../scripts/packages/mcpb.ts";
import { NODE_SYSTEMS, type Target } from "../../../scripts/packages/targets.ts";
import { run } from "../../../scripts/support/run.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { fixture, Process, PROXY_COMMAND, startServe } from "../../support/proxy.ts";

const HERE = Deno.build.target as Target;

/** What a host reads in a bundle. */
interface Manifest {
  readonly compatibility: { readonly platforms: readonly string[] };
  readonly server: {
    readonly entry_point: string;
    readonly mcp_config: {
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    };
  };
  readonly user_config: Readonly<Record<string, Question>>;
}

interface Question {
  readonly required?: boolean;
  readonly sensitive?: boolean;
  readonly default?: string | boolean;
}

/** A bundle of each kind for this system, unpacked. The executable is a script that runs this program. */
class Bundles implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<Bundles> {
    const directory = await Deno.makeTempDir();
    const command = PROXY_COMMAND.map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(`${directory}/program`, `#!/bin/sh\nexec ${command} "$@"\n`);
    await packBundles(HERE, `${directory}/program`, directory);
    for (const kind of ["connect", "tools"]) {
      const file = `${directory}/mcp-mqtt-proxy-${kind}-${HERE}.mcpb`;
      await run(["unzip", "-q", file, "-d", `${directory}/${kind}`]);
    }
    return new Bundles(directory);
  }

  async manifest(kind: string): Promise<Manifest> {
    return JSON.parse(await Deno.readTextFile(`${this.directory}/${kind}/manifest.json`));
  }

  /** Starts a bundle as Claude Desktop does: defaults first, then answers, and what has neither stays as it is. */
  async start(kind: string, answers: Readonly<Record<string, string>>): Promise<Process> {
    const { server: { mcp_config: { command, args, env } }, user_config } = await this.manifest(kind);
    const values: Record<string, unknown> = { __dirname: `${this.directory}/${kind}` };
    for (const [key, question] of Object.entries(user_config)) {
      const value = answers[key] ?? question.default;
      if (value !== undefined) values[`user_config.${key}`] = value;
      else assert.ok(!question.required, `${key} is required`);
    }
    const filled = (text: string) => text.replaceAll(/\$\{([^}]+)\}/g, (whole, name) => String(values[name] ?? whole));
    const variables = Object.entries(env).map(([name, value]) => [name, filled(value)] as const);
    return new Process([filled(command), ...args.map(filled)], { env: Object.fromEntries(variables), cwd: "/" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

const canUnpack = await run(["unzip", "-v"]).then(() => true, () => false);

function bundleTest(name: string, body: (bundles: Bundles) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !canUnpack || Deno.build.os === "windows",
    fn: async () => {
      await using bundles = await Bundles.make();
      await body(bundles);
    },
  });
}

bundleTest("the bundle of connect reaches the server that the user has named", async (bundles) => {
  await using broker = await embeddedBroker();
  await using _serve = await startServe(["--broker", broker.url, "--name", "echo", "--", ...fixture("echo_server.ts")]);
  await using host = await bundles.start("connect", { broker: broker.url, name: "echo" });
  await host.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  assert.deepEqual(await host.output.nextJson(), { jsonrpc: "2.0", id: 1, result: {} });
});

bundleTest("the bundle of tools offers no tool that publishes, unless the user wants it", async (bundles) => {
  await using broker = await embeddedBroker();
  for (const [answers, publishes] of [[{}, false], [{ read_only: "false" }, true]] as const) {
    await using host = await bundles.start("tools", { broker: new URL(broker.url).host, ...answers });
    await host.send({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const { tools } = (await host.output.nextJson()).result;
    assert.equal(tools.some(({ name }: { name: string }) => name === "publish"), publishes);
  }
});

bundleTest("a host keeps the password safe, and installs a bundle only where it runs", async (bundles) => {
  for (const kind of ["connect", "tools"]) {
    const { user_config, compatibility, server } = await bundles.manifest(kind);
    assert.equal(user_config.password?.sensitive, true);
    assert.deepEqual(compatibility.platforms, [NODE_SYSTEMS[HERE].os]);
    assert.equal(server.mcp_config.command, `\${__dirname}/${server.entry_point}`);
    // What is left without a value would reach the program as `${user_config.…}`.
    for (const [key, question] of Object.entries(user_config)) {
      assert.ok(question.required || question.default !== undefined, key);
    }
  }
});
