/**
 * What the authors of packages want to be said wherever their code is. `deno task notices` collects it.
 *
 * @module
 */

/** The licence of one package or several. */
export interface Notice {
  /** Name and version of each. */
  readonly packages: readonly string[];
  /** The identifier of the licence in the list of SPDX. */
  readonly license: string;
  /** Copyright lines and licence, as the package has them. */
  readonly text: string;
}

/** Notices as one text for people. */
export function noticesText(notices: readonly Notice[]): string {
  const line = "-".repeat(80);
  const sections = notices.map(({ packages, license, text }) => `${packages.join(", ")} (${license})\n\n${text}`);
  return `This program contains code of the following packages.\n\n${line}\n${sections.join(`\n\n${line}\n`)}\n`;
}
