import assert from "node:assert/strict";
import { Failure } from "../../src/core/failure.ts";
import { Message } from "../../src/core/message.ts";
import { childEnvironment, ChildProcess, type ChildProcessOptions, INHERITED_VARIABLES } from "../../src/stdio/mod.ts";
import { isRunning, kill } from "../support/processes.ts";
import { fixture, Process } from "../support/proxy.ts";
import { eventually, within } from "../support/wait.ts";

const [DENO = "", ...RUN] = fixture("child.ts");

interface Started {
  readonly child: ChildProcess;
  readonly received: Message[];
  readonly stderr: string[];
  readonly skipped: string[];
}

function start(way: readonly string[], options: Partial<ChildProcessOptions> = {}): Started {
  const started = { received: [] as Message[], stderr: [] as string[], skipped: [] as string[] };
  const child = new ChildProcess({
    command: DENO,
    args: [...RUN, ...way],
    environment: childEnvironment({}, []),
    maxMessage: 64 * 1024 * 1024,
    stderr: (line) => started.stderr.push(line),
    skipped: (line) => started.skipped.push(new TextDecoder().decode(line)),
    tooLong: () => {},
    stopTimeout: 300,
    ...options,
  });
  return { child, ...started };
}

function receive({ child, received }: Started): void {
  child.receive((message) => void received.push(message));
}

/** Starts a child and waits until it has said that it is ready, or who its own child is. */
async function ready(way: readonly string[], options?: Partial<ChildProcessOptions>): Promise<Started> {
  const started = start(way, options);
  receive(started);
  await eventually("the child is ready", () => started.received.some(({ method }) => method === "ready"));
  return started;
}

function grandchildOf({ received }: Started): number | undefined {
  const message = received.find(({ method }) => method === "grandchild");
  return message && (message.parse() as { params: { pid: number } }).params.pid;
}

async function reasonOf(child: ChildProcess): Promise<Failure> {
  const failure = await within("the end of the child", child.closed);
  assert.ok(failure instanceof Failure);
  return failure;
}

Deno.test("a child that exits tells its exit code and its last words", async () => {
  const { child, stderr } = start(["exit", "3", "first", "Error: no such directory", ""]);
  const failure = await reasonOf(child);
  assert.equal(failure.reason, "child-exited");
  assert.equal(failure.message, "The server process exited with code 3: Error: no such directory");
  assert.deepEqual(failure.details, { exitCode: 3, stderr: "first\nError: no such directory" });
  assert.deepEqual(stderr, ["first", "Error: no such directory"]);
});

Deno.test("a child that exits in silence tells its exit code, and 0 is a code like any other", async () => {
  const failure = await reasonOf(start(["exit", "0"]).child);
  assert.equal(failure.message, "The server process exited with code 0");
  assert.deepEqual(failure.details, { exitCode: 0 });
});

Deno.test("a child that was killed tells by which signal", async () => {
  const { child } = await ready(["stubborn"]);
  kill(child.pid);
  const failure = await reasonOf(child);
  assert.equal(failure.message, "The server process was ended by SIGKILL");
  assert.equal(failure.details.signal, "SIGKILL");
});

Deno.test("closing ends a child by the end of its stdin, and hears it out", async () => {
  const started = await ready(["until-eof"], { stopTimeout: 10_000 });
  await within("closing", started.child.close(), 8_000);
  assert.equal(await started.child.closed, undefined);
  assert.equal(isRunning(started.child.pid), false);
});

Deno.test("a child that ignores the end of its stdin is asked by SIGTERM", async () => {
  const started = await ready(["until-sigterm"]);
  const reason = new Failure("session-replaced", "Another one");
  await within("closing", started.child.close(reason));
  assert.deepEqual(started.stderr, ["got SIGTERM"]);
  assert.equal(await started.child.closed, reason);
});

Deno.test("a child that ignores SIGTERM too is killed", async () => {
  const started = await ready(["stubborn"]);
  await within("closing", started.child.close());
  assert.equal(await started.child.closed, undefined);
  assert.equal(isRunning(started.child.pid), false);
});

Deno.test("closing twice waits for the same end", async () => {
  const { child } = await ready(["until-eof"]);
  await Promise.all([child.close(), child.close(), child[Symbol.asyncDispose]()]);
  await child.close();
});

Deno.test("what a child has started is gone with it, when it is closed", async () => {
  const started = await ready(["family"]);
  const grandchild = await eventually("the grandchild is known", () => grandchildOf(started));
  assert.equal(isRunning(grandchild), true);
  await within("closing", started.child.close());
  await eventually("the grandchild is gone", () => !isRunning(grandchild));
});

Deno.test("what a child has started is gone with it, when it exits by itself", async () => {
  const started = start(["orphans"]);
  receive(started);
  const failure = await reasonOf(started.child);
  assert.equal(failure.details.exitCode, 0);
  const grandchild = grandchildOf(started);
  assert.ok(grandchild !== undefined);
  await eventually("the grandchild is gone", () => !isRunning(grandchild));
});

Deno.test("a descendant that has run away with the child's stdout does not keep the session open", async () => {
  const started = start(["runaway"]);
  receive(started);
  const failure = await reasonOf(started.child);
  assert.equal(failure.details.exitCode, 0);
  kill(grandchildOf(started) ?? 0);
});

Deno.test("whatever is not JSON on stdout is skipped", async () => {
  const started = start(["noisy"]);
  receive(started);
  await reasonOf(started.child);
  assert.deepEqual(started.received.map(({ method }) => method), ["one", "two"]);
  assert.deepEqual(started.skipped, ["Listening on port 3000", "hello {world}"]);
});

Deno.test("a megabyte on stderr blocks nobody, whether or not stdout is read", async () => {
  const started = start(["stderr", "1024"]);
  await eventually("all of stderr is there", () => started.stderr.length === 1024);
  receive(started);
  await reasonOf(started.child);
  assert.deepEqual(started.received.map(({ method }) => method), ["done"]);
});

Deno.test("a line of stderr without end is kept in part only, and what follows is read", async () => {
  const started = start(["exit", "1", "e".repeat(100_000), "next"]);
  const failure = await reasonOf(started.child);
  assert.deepEqual(started.stderr, ["next"]);
  assert.equal(failure.details.stderr, "next");
});

Deno.test("last words are cut to a length that fits into an error message", async () => {
  const failure = await reasonOf(start(["exit", "1", "e".repeat(5_000)]).child);
  assert.equal(failure.details.stderr, "e".repeat(500));
});

for (const end of ["\n", ""]) {
  const what = end === "" ? "a last line without its end included, " : "";
  Deno.test(`what a child prints before it exits is not lost, ${what}even with a slow receiver`, async () => {
    const started = start(["burst", "3000", end]);
    const numbers: unknown[] = [];
    started.child.receive(async (message) => {
      numbers.push((message.parse() as { number: number }).number);
      if (numbers.length % 500 === 1) await new Promise((resolve) => setTimeout(resolve, 50));
    });
    await reasonOf(started.child);
    assert.deepEqual(numbers, [...Array(3000).keys()]);
  });
}

Deno.test("a child that has exited can be closed although nobody takes its output", async () => {
  const { child } = start(["burst", "20"]);
  child.receive(() => new Promise(() => {}));
  await eventually("the child has exited", () => !isRunning(child.pid));
  await within("closing", child.close(), 5_000);
});

Deno.test("a child that nobody listens to can be closed", async () => {
  const { child } = start(["burst", "3000"]);
  await within("closing", child.close());
  assert.equal(isRunning(child.pid), false);
});

Deno.test("messages to a child that has exited are dropped", async () => {
  const started = start(["exit", "1"]);
  receive(started);
  for (let number = 0; number < 100; number++) void started.child.send(Message.from({ method: "n", number }));
  await reasonOf(started.child);
  void started.child.send(Message.from({ method: "n" }));
});

Deno.test("a child has the environment that it is given, and nothing else", async () => {
  const started = start(["show"], { environment: { PATH: Deno.env.get("PATH") ?? "", HOME: "/nowhere", OWN: "ü=1" } });
  receive(started);
  await reasonOf(started.child);
  const { environment } = started.received[0]?.parse() as { environment: Record<string, string> };
  assert.deepEqual(environment, { PATH: Deno.env.get("PATH"), HOME: "/nowhere", OWN: "ü=1" });
});

Deno.test("the environment of children takes over what programs need, and what is named", () => {
  const certificates = Deno.env.get("SSL_CERT_FILE");
  Deno.env.set("SSL_CERT_FILE", "/etc/ca.pem");
  const secrets = {
    MQTT_PASSWORD: "hunter2",
    AWS_SECRET_ACCESS_KEY: "x",
    LD_PRELOAD: "y",
    API_TOKEN: "z",
  };
  for (const [name, value] of Object.entries(secrets)) Deno.env.set(name, value);
  try {
    const environment = childEnvironment({ OWN: "1", LANG: "fr" }, ["API_TOKEN", "NOT_SET"]);
    assert.equal(environment.PATH, Deno.env.get("PATH"));
    assert.equal(environment.HOME, Deno.env.get("HOME"));
    assert.equal(environment.SSL_CERT_FILE, "/etc/ca.pem");
    assert.deepEqual([environment.OWN, environment.LANG, environment.API_TOKEN], ["1", "fr", "z"]);
    const allowed = [...INHERITED_VARIABLES, "OWN", "LANG", "API_TOKEN"];
    assert.deepEqual(Object.keys(environment).filter((name) => !allowed.includes(name)), []);
  } finally {
    for (const name of Object.keys(secrets)) Deno.env.delete(name);
    if (certificates === undefined) Deno.env.delete("SSL_CERT_FILE");
    else Deno.env.set("SSL_CERT_FILE", certificates);
  }
});

Deno.test("no inherited variable is made for secrets, or changes what a program runs", () => {
  for (const name of INHERITED_VARIABLES) {
    assert.doesNotMatch(name, /PASS|SECRET|TOKEN|KEY|MQTT|PRELOAD|LIBRARY_PATH|NODE_OPTIONS/);
  }
});

Deno.test("a child starts in the directory that it is given, with its arguments as they are", async () => {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  try {
    const args = ["", "a b", "$HOME", "--name", "*", "ü", '"'];
    const started = start(["show", ...args], { directory });
    receive(started);
    await reasonOf(started.child);
    const shown = started.received[0]?.parse() as { directory: string; args: string[] };
    assert.equal(shown.directory, directory);
    assert.deepEqual(shown.args, args);
  } finally {
    await Deno.remove(directory);
  }
});

const UNSTARTABLE: readonly [what: string, options: Partial<ChildProcessOptions>, problem: RegExp][] = [
  ["there is no such program", { command: "no-such-program" }, /there is no program "no-such-program" in PATH/],
  ["there is no such directory", { directory: "/no/such/directory" }, /no directory "\/no\/such\/directory"/],
  ["the program may not be run", { command: "/etc/passwd" }, /could not be started: .*[Pp]ermission/],
  ["the program is a directory", { command: "/tmp" }, /could not be started: /],
  ["an argument has a NUL", { args: ["a\0b"] }, /could not be started: /],
];

for (const [what, options, problem] of UNSTARTABLE) {
  Deno.test(`a child is not started when ${what}`, () => {
    assert.throws(() => start(["show"], options), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.reason, "child-not-started");
      assert.match(error.message, problem);
      return true;
    });
  });
}

Deno.test("no child outlives a process that exits without closing it", async () => {
  const module = new URL("../../src/stdio/mod.ts", import.meta.url).href;
  const script = `const { ChildProcess } = await import("${module}");
    const child = new ChildProcess({
      command: ${JSON.stringify(DENO)}, args: ${JSON.stringify([...RUN, "family"])}, environment: Deno.env.toObject(),
      maxMessage: 1000, stderr() {}, skipped() {}, tooLong() {},
    });
    child.receive((message) => {
      console.log(JSON.stringify([child.pid, message.parse().params?.pid]));
      if (message.method === "ready") Deno.exit(130);
    });`;
  await using parent = new Process([DENO, "eval", script]);
  assert.equal((await parent.status).code, 130);
  await parent.output.ended;
  const pids = JSON.parse(parent.output.seen[0] ?? "[]") as number[];
  assert.equal(pids.length, 2);
  for (const pid of pids) await eventually("the child is gone", () => !isRunning(pid));
});

/** Runs a line of shell as the child. */
function startShell(line: string): Started {
  return start([], { command: "sh", args: ["-c", line] });
}

const noShell = Deno.build.os === "windows";

Deno.test({
  name: "a child that closes its stdout and goes on is ended, and what it had printed is delivered",
  ignore: noShell,
  async fn() {
    const started = startShell(`echo '{"method":"last"}'; exec >&-; exec sleep 60`);
    receive(started);
    const failure = await reasonOf(started.child);
    assert.deepEqual(started.received.map(({ method }) => method), ["last"]);
    assert.equal(failure.message, "The server process has closed its stdout and was ended by SIGTERM");
    assert.equal(failure.reason, "child-exited");
  },
});

Deno.test({
  name: "a child that closes its stdin and goes on is ended as soon as there is something to say to it",
  ignore: noShell,
  async fn() {
    const started = startShell(`exec <&-; echo '{"method":"ready"}'; exec sleep 60`);
    receive(started);
    await eventually("the child is ready", () => started.received.length === 1);
    void started.child.send(Message.from({ jsonrpc: "2.0", id: 1, method: "x" }));
    const failure = await reasonOf(started.child);
    assert.equal(failure.message, "The server process has closed its stdin and was ended by SIGTERM");
  },
});

Deno.test({
  name: "a child that does not read its last messages and exits has only exited",
  ignore: noShell,
  async fn() {
    const started = startShell(`exec <&-; echo '{"method":"ready"}'; read _ 2>/dev/null; sleep 0.1; exit 4`);
    receive(started);
    await eventually("the child is ready", () => started.received.length === 1);
    void started.child.send(Message.from({ jsonrpc: "2.0", id: 1, method: "x" }));
    assert.equal((await reasonOf(started.child)).message, "The server process exited with code 4");
  },
});
