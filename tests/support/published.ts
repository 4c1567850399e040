/**
 * The program as those get it who run it from a registry: every file on a server, and packages by version.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };
import { run } from "../../scripts/support/run.ts";
import { ROOT } from "./source_files.ts";

/** The names that code imports packages by; the longest first, since one may begin with another. */
const NAMES = Object.entries(metadata.imports).toSorted(([a], [b]) => b.length - a.length);

/** The program on a server of this machine, with a cache of Deno in which there are packages, but none of its files. */
export class Published implements AsyncDisposable {
  /** How many bytes each file has that was fetched. */
  readonly fetched = new Map<string, number>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #cache: string;

  private constructor(cache: string) {
    this.#cache = cache;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async ({ url }) => {
      const path = new URL(url).pathname.slice(1);
      const text = await Deno.readTextFile(`${ROOT}${path}`).catch(() => undefined);
      if (text === undefined) return new Response(null, { status: 404 });
      this.fetched.set(path, text.length);
      const type = path.endsWith(".json") ? "application/json" : "application/typescript";
      return new Response(type.endsWith("typescript") ? withVersions(text) : text, {
        headers: { "content-type": type },
      });
    });
  }

  static async start(): Promise<Published> {
    const { npmCache } = JSON.parse(await run([Deno.execPath(), "info", "--json"]));
    const cache = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-cache-" });
    await Deno.symlink(npmCache, `${cache}/npm`, { type: "dir" });
    await Deno.copyFile(`${ROOT}deno.lock`, `${cache}/deno.lock`);
    return new Published(cache);
  }

  /** What is run when a registry's package is run. */
  get main(): string {
    return new URL(metadata.exports["."], `http://127.0.0.1:${this.#server.addr.port}/`).href;
  }

  /** Arguments for Deno to run it with: the versions are known, so that no registry is asked. */
  get args(): readonly string[] {
    return ["run", "-A", "--quiet", "--no-config", `--lock=${this.#cache}/deno.lock`, this.main];
  }

  /** Variables for Deno to run it with. */
  get env(): Record<string, string> {
    return { DENO_DIR: this.#cache, NO_COLOR: "1" };
  }

  /** The npm packages that Deno fetches before the first line runs, without those that these need in turn. */
  async packages(): Promise<string[]> {
    const command = [Deno.execPath(), "info", "--json", "--no-config", this.main];
    const { modules }: Graph = JSON.parse(await run(command, { env: this.env }));
    const reached = new Set([this.main]);
    for (const specifier of reached) { // which grows meanwhile
      const { dependencies = [] } = modules.find((module) => module.specifier === specifier) ?? {};
      for (const { code } of dependencies) if (code?.specifier !== undefined) reached.add(code.specifier);
    }
    return [...reached].filter((specifier) => specifier.startsWith("npm:")).toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.#cache, { recursive: true });
  }
}

/** What Deno says of a program: for each module, what it imports as code. Types have other entries. */
interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier?: string } }[];
  }[];
}

/** Code whose packages have versions, as registries write it. */
function withVersions(text: string): string {
  return text.replaceAll(/(from |import\(|import )"([^".][^"]*)"/g, (statement, start, specifier) => {
    const [name, target] = NAMES.find(([name]) => specifier === name || specifier.startsWith(`${name}/`)) ?? [];
    return name === undefined ? statement : `${start}"${target}${specifier.slice(name.length)}"`;
  });
}
