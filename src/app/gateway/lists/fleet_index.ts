/**
 * The index of a fleet, kept up to date.
 *
 * @module
 */
import type { Catalogue } from "./catalogue.ts";
import type { FleetDirectory } from "../servers/directory.ts";
import { visible } from "./tool_lists.ts";
import { ToolSearch } from "./tool_search.ts";

/** Finds servers and tools by words. */
export class FleetIndex {
  readonly #search = new ToolSearch();
  readonly #directory: FleetDirectory;
  readonly #catalogue: Catalogue;
  readonly #listOf = new Map<string, string>();
  /** The number of servers with each list. */
  readonly #owners = new Map<string, number>();
  readonly #stale = new Set<string>();

  constructor(directory: FleetDirectory, catalogue: Catalogue) {
    this.#directory = directory;
    this.#catalogue = catalogue;
  }

  /** Call this when a server or its tools have changed. */
  changed(name: string): void {
    this.#stale.add(name);
  }

  /** The index, updated first. */
  get current(): ToolSearch {
    for (const name of this.#stale) this.#update(name);
    this.#stale.clear();
    // The list of a digest may have been fetched from another server.
    for (const { name } of this.#directory.servers) {
      if (this.#catalogue.known(name)?.digest !== this.#listOf.get(name)) this.#update(name);
    }
    return this.#search;
  }

  #update(name: string): void {
    const server = this.#directory.get(name);
    const list = server === undefined ? undefined : this.#catalogue.known(name);
    const before = this.#listOf.get(name);
    if (list !== undefined) {
      this.#search.addList(
        list.digest,
        list.tools.map(({ name, title, description }) => textOf(name, title, description)),
      );
      this.#owners.set(list.digest, (this.#owners.get(list.digest) ?? 0) + 1);
      this.#listOf.set(name, list.digest);
    } else this.#listOf.delete(name);
    if (before !== undefined) this.#release(before);
    if (server === undefined) this.#search.removeServer(name);
    else this.#search.setServer({ name, description: visible(server.description), list: list?.digest });
  }

  #release(digest: string): void {
    const left = (this.#owners.get(digest) ?? 1) - 1;
    if (left > 0) return void this.#owners.set(digest, left);
    this.#owners.delete(digest);
    this.#search.removeList(digest);
  }
}

function textOf(name: string, title: unknown, description: unknown) {
  return {
    name,
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof description === "string" ? { description } : {}),
  };
}
