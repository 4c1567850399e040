/**
 * Packages for Debian and for systems with rpm, made by nfpm.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };
import { PROGRAM, ROOT } from "../support/executable.ts";
import { REPOSITORY, REPOSITORY_URL, SUMMARY } from "../support/identity.ts";
import { run } from "../support/run.ts";
import { DOCUMENTS, filesBelow, stage } from "./staging.ts";
import { DEBIAN_ARCHITECTURES, type Target } from "./targets.ts";

/** Makes packages of both kinds without the tools of either. */
export const NFPM: readonly string[] = ["go", "run", "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.44.0"];

const FILES = `${ROOT}scripts/packages/linux`;

/** Where each shell looks for completions; zsh of Debian elsewhere than that of others. */
const COMPLETIONS = {
  bash: [`usr/share/bash-completion/completions/${PROGRAM}`],
  zsh: [`usr/share/zsh/site-functions/_${PROGRAM}`, `usr/share/zsh/vendor-completions/_${PROGRAM}`],
  fish: [`usr/share/fish/vendor_completions.d/${PROGRAM}.fish`],
};

/** Packs the executable for `target` with a service of systemd, if it is for Linux. */
export async function packLinux(target: Target, executable: string, output: string): Promise<void> {
  const arch = DEBIAN_ARCHITECTURES[target];
  if (arch === undefined) return;
  const completions = Object.entries(COMPLETIONS).map(async ([shell, paths]) => {
    const program = [Deno.execPath(), "run", "--no-prompt", "--ignore-env", `${ROOT}main.ts`];
    const text = await run([...program, "completions", shell]);
    return paths.map((path) => [path, { text }] as const);
  });
  const doc = Object.entries(DOCUMENTS).map(([name, file]) => [`usr/share/doc/${PROGRAM}/${name}`, file] as const);
  await using staged = await stage({
    [`usr/bin/${PROGRAM}`]: { copy: executable, executable: true },
    [`usr/lib/systemd/system/${PROGRAM}.service`]: { copy: `${FILES}/${PROGRAM}.service` },
    [`usr/share/doc/${PROGRAM}/servers.json`]: { copy: `${FILES}/servers.json` },
    ...Object.fromEntries([...doc, ...(await Promise.all(completions)).flat()]),
  });
  const shipped = (await filesBelow(staged.path)).map((path) => ({ src: `${staged.path}/${path}`, dst: `/${path}` }));
  const configured = ["environment", "password"].map((name) => ({
    ...{ src: `${FILES}/${name}`, dst: `/etc/${PROGRAM}/${name}`, type: "config|noreplace" },
    file_info: { mode: 0o600 },
  }));
  const directory = { dst: `/etc/${PROGRAM}`, type: "dir", file_info: { mode: 0o755 } };
  const configuration = {
    ...{ name: PROGRAM, arch, platform: "linux", version: metadata.version, section: "net", priority: "optional" },
    ...{ description: SUMMARY, homepage: REPOSITORY_URL, license: metadata.license, vendor: REPOSITORY.split("/")[0] },
    maintainer: `${REPOSITORY} <${REPOSITORY_URL}/issues>`,
    contents: [directory, ...shipped, ...configured],
    scripts: { postinstall: `${FILES}/postinstall.sh`, preremove: `${FILES}/preremove.sh` },
    overrides: {
      deb: { depends: ["libc6 (>= 2.27)"], scripts: { postremove: `${FILES}/postremove.sh` } },
      rpm: { depends: ["glibc >= 2.27"] },
    },
  };
  const file = `${staged.path}/nfpm.json`; // YAML, of which JSON is a part
  await Deno.writeTextFile(file, JSON.stringify(configuration));
  for (const packager of ["deb", "rpm"]) {
    await run([...NFPM, "pkg", "--config", file, "--packager", packager, "--target", output]);
  }
}
