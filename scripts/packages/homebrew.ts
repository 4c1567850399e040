/**
 * The formula for a tap of Homebrew.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };
import { PROGRAM } from "../support/executable.ts";
import { RELEASE_URL, REPOSITORY_URL, SUMMARY } from "../support/identity.ts";
import { archiveName } from "./archive.ts";
import type { Checksums } from "./checksums.ts";
import type { Target } from "./targets.ts";

/** The formula, for the archives with these checksums. */
export function homebrewFormula(checksums: Checksums): string {
  const archive = (architecture: string, target: Target) =>
    `    on_${architecture} do
      url "${RELEASE_URL}/${archiveName(target)}"
      sha256 "${checksums.of(archiveName(target))}"
    end
`;
  return `class McpMqttProxy < Formula
  desc "${SUMMARY}"
  homepage "${REPOSITORY_URL}"
  version "${metadata.version}"
  license "${metadata.license}"

  on_macos do
${archive("arm", "aarch64-apple-darwin")}${archive("intel", "x86_64-apple-darwin")}  end

  on_linux do
${archive("arm", "aarch64-unknown-linux-gnu")}${archive("intel", "x86_64-unknown-linux-gnu")}  end

  def install
    bin.install "${PROGRAM}"
    doc.install "README.md", "THIRD-PARTY-NOTICES.txt"
    generate_completions_from_executable(bin/"${PROGRAM}", "completions")
  end

  test do
    assert_equal version.to_s, shell_output("#{bin}/${PROGRAM} --version").strip
  end
end
`;
}
