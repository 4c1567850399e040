/**
 * How each packager calls the systems that executables are made for.
 *
 * @module
 */
import type { TARGETS } from "../support/executable.ts";

/** One of {@linkcode TARGETS}. */
export type Target = (typeof TARGETS)[number];

/** A system in the words of npm: `process.platform` and `process.arch` of Node.js. */
export interface NodeSystem {
  readonly os: "linux" | "darwin" | "win32";
  /** Every architecture that the executable runs on. */
  readonly cpu: readonly ("x64" | "arm64")[];
  readonly libc?: "glibc";
}

/** Windows on ARM runs executables for x64 too. */
export const NODE_SYSTEMS: Readonly<Record<Target, NodeSystem>> = {
  "x86_64-unknown-linux-gnu": { os: "linux", cpu: ["x64"], libc: "glibc" },
  "aarch64-unknown-linux-gnu": { os: "linux", cpu: ["arm64"], libc: "glibc" },
  "x86_64-apple-darwin": { os: "darwin", cpu: ["x64"] },
  "aarch64-apple-darwin": { os: "darwin", cpu: ["arm64"] },
  "x86_64-pc-windows-msvc": { os: "win32", cpu: ["x64", "arm64"] },
};

/** The architectures of Linux in the words of Debian, Go and container engines. */
export const DEBIAN_ARCHITECTURES: Readonly<Partial<Record<Target, "amd64" | "arm64">>> = {
  "x86_64-unknown-linux-gnu": "amd64",
  "aarch64-unknown-linux-gnu": "arm64",
};
