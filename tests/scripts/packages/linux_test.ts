/**
 * The packages for Debian and for systems with rpm, with a script in place of the executable.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import metadata from "../../../deno.json" with { type: "json" };
import { NFPM, packLinux } from "../../../scripts/packages/linux.ts";
import { run } from "../../../scripts/support/run.ts";

const DIRECTORY = Deno.makeTempDirSync({ prefix: "mcp-mqtt-proxy-linux-" });
globalThis.addEventListener("unload", () => Deno.removeSync(DIRECTORY, { recursive: true }));

async function has(...command: readonly string[]): Promise<boolean> {
  return await run(command).then(() => true, () => false);
}

/** Go fetches the packer when it is used for the first time. */
const canPack = Deno.build.os !== "windows" && await has(...NFPM, "--version");
const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;

if (canPack) {
  await Deno.writeTextFile(`${DIRECTORY}/program`, `#!/bin/sh\necho ${metadata.version}\n`);
  for (const target of ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"] as const) {
    await packLinux(target, `${DIRECTORY}/program`, DIRECTORY);
  }
}

/** The files and links below a directory, without those that dpkg keeps for itself. */
async function filesBelow(directory: string): Promise<string[]> {
  const output = await run(["find", ".", "!", "-type", "d", "!", "-path", "./var/lib/dpkg/*"], { cwd: directory });
  return output.split("\n").filter((line) => line !== "").toSorted();
}

Deno.test({
  name: "the deb is installed, works, and is gone without a trace after it was removed",
  ignore: !canPack || !isRoot || !await has("dpkg", "--version"),
  fn: async () => {
    const root = await Deno.makeTempDir();
    // A root of its own. Its scripts run outside of it, and are told where it is by DPKG_ROOT.
    const dpkg = ["dpkg", `--root=${root}`, "--force-script-chrootless", "--force-depends", "--log=/dev/null"];
    try {
      await Deno.mkdir(`${root}/var/lib/dpkg`, { recursive: true });
      await Deno.writeTextFile(`${root}/var/lib/dpkg/status`, "");
      const file = `${DIRECTORY}/mcp-mqtt-proxy_${metadata.version}_amd64.deb`;
      await run([...dpkg, "--force-architecture", "--install", file]);

      assert.equal((await run([`${root}/usr/bin/mcp-mqtt-proxy`])).trim(), metadata.version);
      const installed = await filesBelow(root);
      for (const name of ["LICENSE", "README.md", "THIRD-PARTY-NOTICES.txt", "servers.json"]) {
        assert.ok(installed.includes(`./usr/share/doc/mcp-mqtt-proxy/${name}`), name);
      }
      for (const name of ["environment", "password"]) {
        assert.equal((await Deno.stat(`${root}/etc/mcp-mqtt-proxy/${name}`)).mode, 0o100600, name);
      }

      await Deno.writeTextFile(`${root}/etc/mcp-mqtt-proxy/password`, "geheim");
      await run([...dpkg, "--install", "--force-architecture", file]);
      assert.equal(await Deno.readTextFile(`${root}/etc/mcp-mqtt-proxy/password`), "geheim", "an upgrade keeps it");

      await run([...dpkg, "--remove", "mcp-mqtt-proxy"]);
      assert.deepEqual(await filesBelow(root), [
        "./etc/mcp-mqtt-proxy/environment",
        "./etc/mcp-mqtt-proxy/password",
      ]);
      await run([...dpkg, "--purge", "mcp-mqtt-proxy"]);
      assert.deepEqual(await filesBelow(root), []);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});

Deno.test({
  name: "there is a deb and an rpm for both architectures",
  ignore: !canPack,
  fn: async () => {
    const names = await Array.fromAsync(Deno.readDir(DIRECTORY), ({ name }) => name);
    const { version } = metadata;
    assert.deepEqual(names.toSorted(), [
      `mcp-mqtt-proxy-${version}-1.aarch64.rpm`,
      `mcp-mqtt-proxy-${version}-1.x86_64.rpm`,
      `mcp-mqtt-proxy_${version}_amd64.deb`,
      `mcp-mqtt-proxy_${version}_arm64.deb`,
      "program",
    ]);
  },
});

Deno.test({
  name: "the rpm holds what the deb holds",
  ignore: !canPack || !await has("rpm", "--version") || !await has("dpkg-deb", "--version"),
  fn: async () => {
    const rpm = await run(["rpm", "-qpl", `${DIRECTORY}/mcp-mqtt-proxy-${metadata.version}-1.aarch64.rpm`]);
    const deb = await run(["dpkg-deb", "--contents", `${DIRECTORY}/mcp-mqtt-proxy_${metadata.version}_arm64.deb`]);
    const inDeb = deb.split("\n").filter((line) => /^-/.test(line)).map((line) => line.replace(/^.* \.\//, "/"));
    const inRpm = rpm.split("\n").filter((line) => line !== "" && line !== "/etc/mcp-mqtt-proxy");
    assert.deepEqual(inRpm.toSorted(), inDeb.toSorted());
  },
});

Deno.test({
  name: "systemd understands the service, and finds it well protected",
  ignore: !await has("systemd-analyze", "--version"),
  fn: async () => {
    const service = new URL("../../../scripts/packages/linux/mcp-mqtt-proxy.service", import.meta.url);
    // The program has to be there.
    const file = `${DIRECTORY}/mcp-mqtt-proxy.service`;
    const text = await Deno.readTextFile(service);
    await Deno.writeTextFile(file, text.replace("/usr/bin/mcp-mqtt-proxy", "/bin/sh"));
    try {
      await run(["systemd-analyze", "verify", file]);
      await run(["systemd-analyze", "security", "--offline=true", "--threshold=20", fileURLToPath(service)]);
    } finally {
      await Deno.remove(file);
    }
  },
});
