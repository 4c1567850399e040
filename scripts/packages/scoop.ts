/**
 * The manifest for Scoop, on Windows.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };
import { PROGRAM } from "../support/executable.ts";
import { RELEASE_URL, REPOSITORY_URL, SUMMARY } from "../support/identity.ts";
import { archiveName } from "./archive.ts";
import type { Checksums } from "./checksums.ts";

const ARCHIVE = archiveName("x86_64-pc-windows-msvc");

/** The manifest, for the archive with this checksum. */
export function scoopManifest(checksums: Checksums): unknown {
  const url = `${RELEASE_URL}/${ARCHIVE}`;
  return {
    version: metadata.version,
    description: SUMMARY,
    homepage: REPOSITORY_URL,
    license: metadata.license,
    architecture: { "64bit": { url, hash: checksums.of(ARCHIVE) } },
    bin: `${PROGRAM}.exe`,
    checkver: { github: REPOSITORY_URL },
    autoupdate: {
      architecture: { "64bit": { url: url.replaceAll(metadata.version, "$version") } },
      hash: { url: "$baseurl/SHA256SUMS" },
    },
  };
}
