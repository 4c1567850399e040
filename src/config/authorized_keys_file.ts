/**
 * The clients that are named in a file, which is read again when it changes.
 *
 * @module
 */
import { systemClock } from "../core/clock.ts";
import { errorText, readTextFile } from "../core/text.ts";
import type { AuthorizedClients } from "../seal/mod.ts";
import { directoryOf } from "./file_access.ts";

/** Changes of a file within this time, in ms, count as one. */
const SETTLE_TIME = 100;

/** Kubernetes points this link to another directory when a mounted file changes. */
const SWAPPED_LINK = "..data";

/** The options of an {@linkcode AuthorizedKeysFile}. */
export interface AuthorizedKeysOptions {
  readonly file: string;
  /** The directories to watch, from {@linkcode placesOf}. */
  readonly places: readonly string[];
  /** The names in the file at the start, by key. */
  readonly names: ReadonlyMap<string, string>;
  /** Called when the file has changed and cannot be used. */
  readonly warn: (text: string) => void;
}

/**
 * The directories to watch for changes of a file. One is its own directory, because editors replace the file by a new
 * one. If the file is a link, the other is the directory of its target.
 *
 * @throws when there is no permission to watch them
 */
export async function placesOf(file: string): Promise<readonly string[]> {
  const real = await Deno.realPath(file).catch(() => file);
  const places = [...new Set([directoryOf(file), directoryOf(real)])];
  for (const place of places) Deno.watchFs(place, { recursive: false }).close();
  return places;
}

/** A file of authorized keys. */
export class AuthorizedKeysFile implements AuthorizedClients {
  readonly #options: AuthorizedKeysOptions;
  names: ReadonlyMap<string, string>;

  constructor(options: AuthorizedKeysOptions) {
    this.#options = options;
    this.names = options.names;
  }

  watch(changed: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const watcher = Deno.watchFs([...this.#options.places], { recursive: false });
    signal.addEventListener("abort", () => watcher.close(), { once: true });
    void this.#follow(watcher, changed);
  }

  async #follow(watcher: Deno.FsWatcher, changed: () => void): Promise<void> {
    const { file } = this.#options;
    let cancel: (() => void) | undefined;
    const known = new Set([nameOf(file), nameOf(await Deno.realPath(file).catch(() => file)), SWAPPED_LINK]);
    for await (const { paths } of watcher) {
      if (!paths.some((path) => known.has(nameOf(path)))) continue;
      cancel?.();
      cancel = systemClock.after(SETTLE_TIME, () => void this.#readAgain(changed));
    }
    cancel?.();
  }

  async #readAgain(changed: () => void): Promise<void> {
    try {
      const { readAuthorizedKeys } = await import("../seal/mod.ts");
      this.names = readAuthorizedKeys(await readTextFile(this.#options.file));
      changed();
    } catch (error) {
      this.#options.warn(`--authorized-keys ${errorText(error)}; those who were authorized before still are`);
    }
  }
}

function nameOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? "";
}
