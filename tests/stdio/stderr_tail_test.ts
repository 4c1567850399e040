import assert from "node:assert/strict";
import { StderrTail } from "../../src/stdio/stderr_tail.ts";

function wordsOf(text: string): StderrTail {
  const words = new StderrTail();
  for (const line of text.split("\n")) if (line.trim() !== "") words.add(line);
  return words;
}

/** What programs say when they crash, and the line that tells why. */
const CRASHES: Readonly<Record<string, readonly [headline: string, text: string]>> = {
  "Node.js": [
    "Error: Cannot find module 'x'",
    `node:internal/modules/cjs/loader:1143
  throw err;
  ^

Error: Cannot find module 'x'
    at Module._resolveFilename (node:internal/modules/cjs/loader:1140:15)
    at node:internal/main/run_main_module:23:47 {
  code: 'MODULE_NOT_FOUND',
  requireStack: []
}

Node.js v20.11.0`,
  ],
  "npm": [
    "npm error 404 Not Found - GET https://registry.npmjs.org/@x%2fnone",
    `npm error code E404
npm error 404 Not Found - GET https://registry.npmjs.org/@x%2fnone
npm error 404
npm error 404  The requested resource '@x/none@*' could not be found
npm error 404 Note that you can also install from a
npm error 404 tarball, folder, http url, or git url.
npm error A complete log of this run can be found in: /root/.npm/_logs/2026-01-01-debug-0.log`,
  ],
  "npm 9": [
    'npm ERR! Missing script: "x"',
    'npm ERR! Missing script: "x"\nnpm ERR! \nnpm ERR! A complete log of this run can be found in:\nnpm ERR!     /root/.npm/_logs/x-debug-0.log',
  ],
  "npm run": [
    "Error: no database",
    "Error: no database\n    at x\nnpm error Lifecycle script `start` failed with error:\nnpm error code 1\nnpm error path /srv",
  ],
  "Node.js, with a hint": [
    "Error: no configuration",
    "Error: no configuration\n    at x\n(Use `node --trace-uncaught ...` to show where the exception was thrown)\n\nNode.js v22.1.0",
  ],
  "Bun": ["error: no configuration", "error: no configuration\n      at /srv/x.ts:1:7\n\nBun v1.1.0 (Linux x64)"],
  "pnpm": [
    "ERR_PNPM_FETCH_404  GET https://registry.npmjs.org/x: Not Found - 404",
    " ERR_PNPM_FETCH_404  GET https://registry.npmjs.org/x: Not Found - 404\n\nThis error happened while installing a direct dependency of /srv",
  ],
  "Yarn": [
    "error no configuration",
    "error no configuration\nerror Command failed with exit code 1.\ninfo Visit https://yarnpkg.com/en/docs/cli/run for documentation about this command.",
  ],
  "Docker": [
    "docker: Error response from daemon: pull access denied for x.",
    "docker: Error response from daemon: pull access denied for x.\n\nRun 'docker run --help' for more information",
  ],
  "pip": [
    "ERROR: No matching distribution found for x",
    "ERROR: No matching distribution found for x\n\n[notice] A new release of pip is available: 24.0 -> 25.0",
  ],
  "Cargo": [
    "no configuration",
    "thread 'main' panicked at src/main.rs:2:5:\nno configuration\nerror: process didn't exit successfully: `target/debug/x` (exit status: 101)",
  ],
  "Python": [
    "KeyError: 'TOKEN'",
    `Traceback (most recent call last):
  File "server.py", line 3, in <module>
    os.environ["TOKEN"]
    ~~~~~~~~~~^^^^^^^^^
KeyError: 'TOKEN'`,
  ],
  "Go": [
    "panic: no configuration",
    "panic: no configuration\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:3 +0x25\nexit status 2",
  ],
  "Rust": [
    "no configuration",
    "thread 'main' panicked at src/main.rs:2:5:\nno configuration\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
  ],
  "Deno": [
    "error: Uncaught (in promise) TypeError: x is not a function",
    "error: Uncaught (in promise) TypeError: x is not a function\nx();\n^\n    at file:///x.ts:1:1",
  ],
};

for (const [program, [headline, text]] of Object.entries(CRASHES)) {
  Deno.test(`the headline of a crash of ${program} says why`, () => {
    assert.equal(wordsOf(text).headline, headline);
  });
}

Deno.test("ten lines are kept, each up to a length, and the headline even if it came before them", () => {
  const words = wordsOf(`Error: no\n${"    at x\n".repeat(20)}${"y".repeat(1000)}`);
  assert.equal(words.lines.length, 10);
  assert.equal(words.lines.at(-1)?.length, 500);
  assert.equal(wordsOf(`Error: no\n${"    at x\n".repeat(20)}`).headline, "Error: no");
});

Deno.test("where every line is a trailer, the first one is better than none", () => {
  assert.equal(wordsOf("    at x\n    at y").headline, "at x");
  assert.equal(wordsOf("").headline, "");
});
