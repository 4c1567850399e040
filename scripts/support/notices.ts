/**
 * The notices of the packages in a bundle, as the packages have them.
 *
 * @module
 */
import type { Notice } from "../../src/cli/licenses/notices.ts";
import type { BundledPackage } from "./bundled_packages.ts";
import { run } from "./run.ts";
import { RUNTIME_NOTICES } from "./runtime_notices.ts";

/** What a package calls the file with its licence. */
const LICENSE_FILE = /^(?:licen[cs]e|copying)(?:[-.].*)?$/i;

/** A file that the Apache License wants to be passed on as well. */
const NOTICE_FILE = /^notice(?:\..*)?$/i;

/**
 * The notices of the runtime and of `packages`. Packages with one and the same text share one.
 *
 * @throws {Error} when a package has no licence in it: what its authors want to be said is not known then
 */
export async function collectNotices(packages: readonly BundledPackage[]): Promise<readonly Notice[]> {
  const { npmCache } = JSON.parse(await run([Deno.execPath(), "info", "--json"])) as { readonly npmCache: string };
  const registries = await Array.fromAsync(Deno.readDir(npmCache), ({ name }) => `${npmCache}/${name}`);
  const notices = new Map<string, Notice>();
  for (const bundled of packages) {
    const notice = await noticeOf(bundled, registries);
    const same = notices.get(notice.text)?.packages ?? [];
    notices.set(notice.text, { ...notice, packages: [...same, ...notice.packages] });
  }
  return [...RUNTIME_NOTICES, ...notices.values()];
}

async function noticeOf({ name, version }: BundledPackage, registries: readonly string[]): Promise<Notice> {
  const places = registries.map((registry) => Deno.realPath(`${registry}/${name}/${version}`));
  const directory = await Promise.any(places).catch(() => {
    throw new Error(`${name} ${version} is not among the packages that Deno has fetched: run \`deno install\``);
  });
  const { license } = JSON.parse(await Deno.readTextFile(`${directory}/package.json`)) as { readonly license?: string };
  const files = (await Array.fromAsync(Deno.readDir(directory), ({ name }) => name)).toSorted();
  const licenses = files.filter((file) => LICENSE_FILE.test(file));
  if (license === undefined || licenses.length === 0) {
    throw new Error(`${name} ${version} has no licence in it: ask its authors, or do without the package`);
  }
  const texts = [...licenses, ...files.filter((file) => NOTICE_FILE.test(file))].map(async (file) =>
    (await Deno.readTextFile(`${directory}/${file}`)).replaceAll("\r", "").trim()
  );
  return { packages: [`${name} ${version}`], license, text: (await Promise.all(texts)).join("\n\n") };
}

/** The file that the program has them from. */
export function noticesFile(notices: readonly Notice[]): string {
  return `${JSON.stringify(notices, null, 2)}\n`;
}
