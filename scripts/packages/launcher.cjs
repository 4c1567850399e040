#!/usr/bin/env node
/**
 * Starts the executable of the package for this system, and is not noticed: arguments, stdio, signals and exit code
 * are those of the executable. Plain CommonJS for any Node.js from 18 on, since that starts fastest.
 *
 * @module
 */
"use strict";

const process = require("node:process");

const PROGRAM = "mcp-mqtt-proxy";

/** The package with the executable for each system, filled in when this file is packed. */
const PACKAGES = {};

/** What glibc puts on every system that it is on: the loader that the executable names. */
const LOADERS = { x64: "/lib64/ld-linux-x86-64.so.2", arm64: "/lib/ld-linux-aarch64.so.1" };

function fail(reason) {
  process.stderr.write(`${PROGRAM}: ${reason}\n`);
  process.exit(1);
}

function findExecutable() {
  const { platform, arch } = process;
  const name = PACKAGES[`${platform}-${arch}`];
  if (name === undefined) {
    fail(`there is no executable for ${platform}-${arch}, only for ${Object.keys(PACKAGES).join(", ")}`);
  }
  if (platform === "linux" && !require("node:fs").existsSync(LOADERS[arch])) {
    fail("the executable needs glibc, which this system does not have; on Alpine, use the container image");
  }
  try {
    return require.resolve(`${name}/bin/${PROGRAM}${platform === "win32" ? ".exe" : ""}`);
  } catch {
    return fail(
      `the package ${name} is not installed. Were optional dependencies left out, or is node_modules from another ` +
        `system? Install again: npm install --include=optional ${PROGRAM}`,
    );
  }
}

const executable = findExecutable();
const args = process.argv.slice(2);

if (process.execve !== undefined && process.platform !== "win32") {
  // Node.js 22.15 and later: the executable takes the place of this process.
  process.execve(executable, [executable, ...args], process.env);
} else {
  const { signals } = require("node:os").constants;
  // What is typed in a terminal is sent to every process in front of it, and so is the console's of Windows, where
  // kill() would end the executable at once. A second one means "at once" to `serve`.
  const typed = [0, 1, 2].some(require("node:tty").isatty) ? ["SIGINT", "SIGQUIT"] : [];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGBREAK"]) {
    const sent = process.platform === "win32" || typed.includes(signal);
    if (signal in signals) process.on(signal, () => sent || child.kill(signal));
  }
  // Behind the listeners: a signal that came between the two would end this process alone.
  const child = require("node:child_process").spawn(executable, args, { stdio: "inherit" });
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.exitCode = 128 + signals[signal];
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
