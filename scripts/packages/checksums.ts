/**
 * The checksums of the files of a release.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** SHA-256 of each file, by its name. */
export class Checksums {
  readonly #sums: ReadonlyMap<string, string>;

  private constructor(sums: ReadonlyMap<string, string>) {
    this.#sums = sums;
  }

  /** Those of all files in a directory. */
  static async read(directory: string): Promise<Checksums> {
    const sums = new Map<string, string>();
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (!isFile) continue;
      const hash = createHash("sha256");
      const { readable } = await Deno.open(`${directory}/${name}`);
      for await (const chunk of readable) hash.update(chunk);
      sums.set(name, hash.digest("hex"));
    }
    return new Checksums(sums);
  }

  /**
   * That of one file, in hexadecimal.
   *
   * @throws {Error} when the release does not have it
   */
  of(name: string): string {
    const sum = this.#sums.get(name);
    if (sum === undefined) throw new Error(`The release has no ${name}`);
    return sum;
  }
}
