/**
 * The file of a host: where it is, and changing it in one step.
 *
 * @module
 */
import { dirname } from "node:path";
import { UsageError } from "../../core/usage_error.ts";
import { type FileFormat, UnsupportedSyntax } from "./formats/format.ts";
import { type Host, type HostFile, type Places, type Scope, scopesOf } from "./host.ts";
import { conflictingEntry, mergeText } from "./merge.ts";

/** The file format of `host`. Each format is loaded only when it is needed, with the package that parses it. */
export async function formatOf({ format }: Host): Promise<FileFormat> {
  if (format === "toml") return (await import("./formats/toml.ts")).TOML_FORMAT;
  if (format === "yaml") return (await import("./formats/yaml.ts")).YAML_FORMAT;
  return (await import("./formats/json.ts")).JSON_FORMAT;
}

/** The usual file of `host`, if it has one. */
export function defaultFile(host: Host, scope: Scope | undefined): string | undefined {
  const chosen = scope ?? scopesOf(host)[0];
  const file = chosen === undefined ? undefined : host.files[chosen];
  if (file === undefined) {
    if (scope === undefined || scopesOf(host).length === 0) return undefined;
    throw new UsageError([`${host.title} has no file for a ${scope}: leave --scope out`]);
  }
  const home = Deno.env.get("HOME") || Deno.env.get("USERPROFILE") || undefined;
  if (home === undefined && chosen === "user") return undefined;
  const os = Deno.build.os === "darwin" || Deno.build.os === "windows" ? Deno.build.os : "linux";
  const config = os === "windows" ? Deno.env.get("APPDATA") : Deno.env.get("XDG_CONFIG_HOME");
  const places: Places = { os, home: home ?? "", config: config || `${home}/.config`, currentDirectory: Deno.cwd() };
  return file(places);
}

/** The result of writing a file. */
export type Outcome = "created" | "unchanged" | { readonly backup: string };

/**
 * Adds an entry to the file of a host.
 *
 * @param named whether the user has chosen the name of the entry; then it may replace an entry for another server
 * @throws {UsageError} when the file must not be changed
 */
export async function writeHostFile(
  host: Host,
  file: string,
  addition: HostFile,
  { named, shared }: { readonly named: boolean; readonly shared: boolean },
): Promise<Outcome> {
  const format = await formatOf(host);
  const before = await readIfThere(file);
  const after = merged(format, host, file, before ?? "", addition, named);
  if (after === before) return "unchanged";
  await Deno.mkdir(dirname(file), { recursive: true });
  if (before === undefined) {
    await replace(file, after, shared ? 0o644 : 0o600);
    return "created";
  }
  const backup = `${file}.${new Date().toISOString().replaceAll(/[-:.]/g, "")}.bak`;
  await Deno.writeTextFile(backup, before, { createNew: true, mode: 0o600 });
  const target = await Deno.realPath(file); // the file may be a link
  const { mode } = await Deno.stat(target);
  await replace(target, after, (mode ?? 0o600) & 0o777);
  return { backup };
}

function merged(
  format: FileFormat,
  host: Host,
  file: string,
  text: string,
  addition: HostFile,
  named: boolean,
): string {
  try {
    const other = named || text.trim() === "" ? undefined : conflictingEntry(format, text, host.member, addition);
    if (other === undefined) return mergeText(format, text, addition);
    throw new UsageError([`${file} has "${other}" for something else: add --as NAME, or --as ${other} to replace it`]);
  } catch (error) {
    if (!(error instanceof UnsupportedSyntax)) throw error;
    throw new UsageError([`${file} is left alone, as ${error.message}: leave --write out, and put it there by hand`], {
      cause: error,
    });
  }
}

/** Replaces a file by renaming, which is atomic: the host always finds a complete file. */
async function replace(file: string, text: string, mode: number): Promise<void> {
  const next = `${file}.new`;
  await Deno.writeTextFile(next, text, { mode });
  if (Deno.build.os !== "windows") await Deno.chmod(next, mode); // the umask may have removed some bits
  await Deno.rename(next, file);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await Deno.readFile(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof TypeError) throw new UsageError([`${file} is left alone, as it is no text in UTF-8`]);
    throw error;
  }
}
