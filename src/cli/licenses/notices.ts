/**
 * The notices that the licences of packages require in every copy. `deno task notices` collects them.
 *
 * @module
 */

/** The licence of one package or several. */
export interface Notice {
  /** Name and version of each. */
  readonly packages: readonly string[];
  /** The SPDX identifier of the licence. */
  readonly license: string;
  /** The copyright lines and the licence text of the package. */
  readonly text: string;
}

/** Notices as one text for people. */
export function noticesText(notices: readonly Notice[]): string {
  const line = "-".repeat(80);
  const sections = notices.map(({ packages, license, text }) => `${packages.join(", ")} (${license})\n\n${text}`);
  return `This program contains code of the following packages.\n\n${line}\n${sections.join(`\n\n${line}\n`)}\n`;
}
