/**
 * The clients that a file names, also after it has changed.
 *
 * @module
 */
import { systemClock } from "../core/clock.ts";
import { errorText, readTextFile } from "../core/text.ts";
import type { AuthorizedClients } from "../seal/mod.ts";

/** Several changes of a file that come together count as one, for this time, in ms. */
const SETTLE_TIME = 100;

/** Kubernetes puts another directory behind this link when a file in it changes. */
const SWAPPED_LINK = "..data";

/** What an {@linkcode AuthorizedKeysFile} is made of. */
export interface AuthorizedKeysOptions {
  readonly file: string;
  /** What to watch, as {@linkcode placesOf} says. */
  readonly places: readonly string[];
  /** What the file says now. */
  readonly names: ReadonlyMap<string, string>;
  /** Told when the file has changed, and cannot be used. */
  readonly warn: (text: string) => void;
}

/**
 * The directories in which a file changes: its own, since editors put a new file in the place of the old one, and that
 * of the file that it is a link to.
 *
 * @throws when they may not be watched
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

function directoryOf(path: string): string {
  return path.replace(/[^/\\]*$/, "") || ".";
}

function nameOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? "";
}
