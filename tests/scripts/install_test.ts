import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

const SHELL_SCRIPT = fileURLToPath(new URL("../../scripts/install.sh", import.meta.url));
const POWERSHELL_SCRIPT = fileURLToPath(new URL("../../scripts/install.ps1", import.meta.url));
const ON_WINDOWS = Deno.build.os === "windows";
const ARCHIVE = `mcp-mqtt-proxy-${Deno.build.target}.${ON_WINDOWS ? "zip" : "tar.gz"}`;

/** A release on a server of this machine, and a home to install it in. */
class Release implements AsyncDisposable {
  readonly files = new Map<string, Uint8Array | string>();
  readonly #directory: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
      const file = this.files.get(new URL(url).pathname.slice(1));
      return file === undefined ? new Response(null, { status: 404 }) : new Response(file as BodyInit);
    });
  }

  /** A release whose program is a script that says its version; on Windows, where that does not do, it is Deno. */
  static async start(): Promise<Release> {
    const release = new Release(await Deno.makeTempDir());
    const program = ON_WINDOWS ? "mcp-mqtt-proxy.exe" : "mcp-mqtt-proxy";
    const path = `${release.#directory}/${program}`;
    if (ON_WINDOWS) await Deno.copyFile(Deno.execPath(), path);
    else await Deno.writeTextFile(path, "#!/bin/sh\necho 9.8.7\n", { mode: 0o755 });
    const tar = ON_WINDOWS ? `${Deno.env.get("SystemRoot")}\\System32\\tar.exe` : "tar";
    await new Deno.Command(tar, { args: ["-a", "-cf", ARCHIVE, program], cwd: release.#directory }).output();
    const archive = await Deno.readFile(`${release.#directory}/${ARCHIVE}`);
    release.files.set(ARCHIVE, archive);
    release.files.set("SHA256SUMS", `${createHash("sha256").update(archive).digest("hex")}  ${ARCHIVE}\n`);
    return release;
  }

  /** Where it is installed. */
  get bin(): string {
    return `${this.#directory}/home/bin`;
  }

  async install(env: Readonly<Record<string, string>> = {}): Promise<{ code: number; out: string; err: string }> {
    const [program, ...args] = ON_WINDOWS
      ? ["powershell", "-NoProfile", "-ExecutionPolicy", "Bypass", "-File", POWERSHELL_SCRIPT] as const
      : ["sh", SHELL_SCRIPT] as const;
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: this.#directory,
      env: {
        HOME: `${this.#directory}/home`,
        MCP_MQTT_PROXY_URL: `http://127.0.0.1:${this.#server.addr.port}`,
        MCP_MQTT_PROXY_BIN: this.bin,
        ...env,
      },
    }).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  }

  async installed(): Promise<string[]> {
    try {
      return await Array.fromAsync(Deno.readDir(this.bin), ({ name }) => name);
    } catch {
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

function installTest(name: string, body: (release: Release) => Promise<void>): void {
  Deno.test({
    name: `install.sh ${name}`,
    ignore: ON_WINDOWS,
    fn: async () => {
      await using release = await Release.start();
      await body(release);
    },
  });
}

installTest("puts the executable of a release in its place", async (release) => {
  const { code, out } = await release.install();
  assert.equal(code, 0);
  assert.match(out, /mcp-mqtt-proxy 9\.8\.7 is in /);
  assert.match(out, /Add it to your PATH/);
  assert.deepEqual(await release.installed(), ["mcp-mqtt-proxy"]);
  const { stdout } = await new Deno.Command(`${release.bin}/mcp-mqtt-proxy`).output();
  assert.equal(new TextDecoder().decode(stdout), "9.8.7\n");
});

installTest("replaces an older one", async (release) => {
  await Deno.mkdir(release.bin, { recursive: true });
  await Deno.writeTextFile(`${release.bin}/mcp-mqtt-proxy`, "old");
  assert.equal((await release.install()).code, 0);
  assert.notEqual(await Deno.readTextFile(`${release.bin}/mcp-mqtt-proxy`), "old");
});

installTest("installs into a directory that is given relative to where it runs", async (release) => {
  const { code, out } = await release.install({ MCP_MQTT_PROXY_BIN: "home/bin" });
  assert.equal(code, 0);
  assert.deepEqual(await release.installed(), ["mcp-mqtt-proxy"]);
  assert.ok(out.includes(`is in ${await Deno.realPath(release.bin)}\n`), out);
});

installTest("says what to type next, in a line that works", async (release) => {
  for (const PATH of [Deno.env.get("PATH") ?? "", `${release.bin}:${Deno.env.get("PATH")}`]) {
    const { out } = await release.install({ PATH });
    const [, line = ""] = /^Next: (.+) --help, or /m.exec(out) ?? [];
    const { stdout } = await new Deno.Command("sh", { args: ["-c", line], env: { PATH } }).output();
    assert.equal(new TextDecoder().decode(stdout), "9.8.7\n");
  }
});

installTest("refuses a directory that has a directory in the place of the executable", async (release) => {
  await Deno.mkdir(`${release.bin}/mcp-mqtt-proxy`, { recursive: true });
  const { code, err } = await release.install();
  assert.equal(code, 1);
  assert.match(err, /is not installed: .*\/mcp-mqtt-proxy is a directory/);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${release.bin}/mcp-mqtt-proxy`)), []);
});

installTest("refuses a directory that is a file, or below one", async (release) => {
  await Deno.mkdir(release.bin, { recursive: true });
  await Deno.writeTextFile(`${release.bin}/file`, "mine");
  for (const name of ["file", "file/bin"]) {
    const { code, err } = await release.install({ MCP_MQTT_PROXY_BIN: `${release.bin}/${name}` });
    assert.equal(code, 1);
    assert.match(err, /cannot be made; set MCP_MQTT_PROXY_BIN to another directory/);
  }
  assert.equal(await Deno.readTextFile(`${release.bin}/file`), "mine");
});

installTest("says what to set when there is no HOME", async (release) => {
  const { code, err } = await release.install({ HOME: "", MCP_MQTT_PROXY_BIN: "" });
  assert.equal(code, 1);
  assert.match(err, /there is no HOME; set MCP_MQTT_PROXY_BIN/);
});

Deno.test({
  name: "install.sh refuses a directory that is not the user's to write to, before it fetches anything",
  ignore: ON_WINDOWS,
  fn: async () => {
    await using release = await Release.start();
    release.files.clear();
    await Deno.mkdir(release.bin, { recursive: true });
    await Deno.chmod(release.bin, 0o555);
    const { code, err } = await release.install(Deno.uid() === 0 ? { MCP_MQTT_PROXY_BIN: "/proc/bin" } : {});
    await Deno.chmod(release.bin, 0o755);
    assert.equal(code, 1);
    assert.match(err, /(?:is not yours to write to|cannot be made); set MCP_MQTT_PROXY_BIN to another directory/);
  },
});

installTest("says nothing of PATH when the directory is in it", async (release) => {
  const { out } = await release.install({ PATH: `${release.bin}:${Deno.env.get("PATH")}` });
  assert.doesNotMatch(out, /PATH/);
});

installTest("refuses an archive with another checksum, and leaves nothing behind", async (release) => {
  release.files.set("SHA256SUMS", `${"0".repeat(64)}  ${ARCHIVE}\n`);
  const { code, err } = await release.install();
  assert.equal(code, 1);
  assert.match(err, /is not what was released/);
  assert.deepEqual(await release.installed(), []);
});

installTest("refuses an archive that the checksums do not list", async (release) => {
  release.files.set("SHA256SUMS", `${"0".repeat(64)}  other-${ARCHIVE}\n`);
  const { code, err } = await release.install();
  assert.equal(code, 1);
  assert.match(err, /has no checksum for/);
});

installTest("says what cannot be fetched", async (release) => {
  release.files.delete(ARCHIVE);
  const { code, err } = await release.install();
  assert.equal(code, 1);
  assert.ok(err.includes(`${ARCHIVE} cannot be fetched`), err);
});

installTest("says on which systems there is no executable", async (release) => {
  await Deno.mkdir(release.bin, { recursive: true });
  await Deno.writeTextFile(`${release.bin}/uname`, '#!/bin/sh\n[ "$1" = -m ] && echo riscv64 || echo Linux\n', {
    mode: 0o755,
  });
  const { code, err } = await release.install({ PATH: `${release.bin}:${Deno.env.get("PATH")}` });
  assert.equal(code, 1);
  assert.match(err, /there is no executable for riscv64/);
});

Deno.test({
  name: "install.ps1 puts the executable of a release in its place, and refuses one with another checksum",
  ignore: !ON_WINDOWS,
  fn: async () => {
    await using release = await Release.start();
    const first = await release.install();
    assert.equal(first.code, 0, first.err);
    assert.deepEqual(await release.installed(), ["mcp-mqtt-proxy.exe"]);
    release.files.set("SHA256SUMS", `${"0".repeat(64)}  ${ARCHIVE}\n`);
    const second = await release.install();
    assert.notEqual(second.code, 0);
    assert.match(second.err, /is not what was released/);
  },
});
