/**
 * A registry of npm packages on this machine, for tests that install what they have packed.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Serves every tarball of a directory under the name and the version in its `package.json`. */
export class NpmRegistry implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(packages: ReadonlyMap<string, PackedPackage>) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
      const path = decodeURIComponent(new URL(url).pathname.slice(1));
      const tarball = packages.get(path.replace(/\.tgz$/, ""));
      if (tarball === undefined) return Response.json({ error: "not found" }, { status: 404 });
      if (path.endsWith(".tgz")) return new Response(tarball.bytes);
      return Response.json(this.#document(tarball));
    });
  }

  /** Where it is, for `npm_config_registry`. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Starts a registry with the tarballs (`.tgz`) in `directory`. */
  static async start(directory: string): Promise<NpmRegistry> {
    const packages = new Map<string, PackedPackage>();
    for await (const { name } of Deno.readDir(directory)) {
      if (!name.endsWith(".tgz")) continue;
      const manifest = await manifestOf(`${directory}/${name}`);
      packages.set(manifest.name, { manifest, bytes: await Deno.readFile(`${directory}/${name}`) });
    }
    return new NpmRegistry(packages);
  }

  #document({ manifest, bytes }: PackedPackage): unknown {
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    const dist = { tarball: `${this.url}${manifest.name}.tgz`, integrity };
    const { name, version } = manifest;
    return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

interface PackedPackage {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A `package.json`. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly [member: string]: unknown;
}

/** The `package.json` in a tarball. */
export async function manifestOf(tarball: string): Promise<Manifest> {
  const { stdout } = await new Deno.Command("tar", { args: ["-xzOf", tarball, "package/package.json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}
