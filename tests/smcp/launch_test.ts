import assert from "node:assert/strict";
import { Process, PROXY_COMMAND } from "../support/proxy.ts";
import { expectLine, scratchDirectory } from "../support/smcp.ts";

/** An SMCP server in the language of the shell: does `body` after the handshake, with the credentials in $line. */
function server(body: string): string[] {
  return ["sh", "-c", `echo +READY; read -r line; echo +OK; ${body}`];
}

const COMMAND = [...PROXY_COMMAND, "launch", "--credentials-command", `echo '{"KEY":"value"}'`, "--"];

if (Deno.build.os !== "windows") {
  Deno.test("launch gives the server its credentials, and says which, but not what", async () => {
    await using host = new Process([...COMMAND, ...server('echo "$line"')]);
    assert.equal(await host.output.next(), '{"KEY":"value"}');
    assert.equal((await host.status).code, 0);
    await host.errors.ended;
    assert.equal(host.errors.seen.length, 1);
    assert.match(host.errors.seen[0] ?? "", /info: sh: sent its credentials: KEY$/);
  });

  Deno.test("launch passes every byte both ways, however many", async () => {
    const child = new Deno.Command(COMMAND[0] ?? "", {
      args: [...COMMAND.slice(1), ...server("exec cat")],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const bytes = Uint8Array.from({ length: 3_000_001 }, (_, index) => index * 7 + (index >> 8));
    const output = new Response(child.stdout).bytes();
    const input = child.stdin.getWriter();
    await input.write(bytes);
    await input.close();
    assert.ok(Deno.inspect((await output).length) === Deno.inspect(bytes.length));
    assert.deepEqual(await crypto.subtle.digest("SHA-256", await output), await crypto.subtle.digest("SHA-256", bytes));
    assert.equal((await child.status).code, 0);
  });

  Deno.test("launch ends as the server ends: with its exit code, after the last byte", async () => {
    await using host = new Process([
      ...COMMAND,
      ...server("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 7"),
    ]);
    assert.equal((await host.status).code, 7);
    await host.output.ended;
    assert.equal(host.output.seen.at(-1), "line 2999");
  });

  Deno.test("launch passes the end of stdin on, and waits for what the server makes of it", async () => {
    await using host = new Process([...COMMAND, ...server("cat >/dev/null; sleep 0.2; echo finished")]);
    await host.closeInput();
    assert.equal(await host.output.next(), "finished");
    assert.equal((await host.status).code, 0);
  });

  Deno.test("launch passes SIGTERM on to the server, and ends it if it does not listen", async () => {
    await using polite = new Process([
      ...COMMAND,
      ...server("trap 'echo goodbye; exit 5' TERM; echo on; while :; do sleep 0.05; done"),
    ]);
    await expectLine(polite, "on");
    polite.kill("SIGTERM");
    assert.equal(await polite.output.next(), "goodbye");
    assert.equal((await polite.status).code, 5);
    await using deaf = new Process([...COMMAND, ...server("trap '' TERM; echo on; while :; do sleep 0.05; done")]);
    await expectLine(deaf, "on");
    deaf.kill("SIGTERM");
    assert.equal((await deaf.status).code, 137);
  });

  Deno.test("launch ends a server that closes its stdout or its stdin and goes on", async () => {
    await using mute = new Process([...COMMAND, ...server("echo last; exec >&-; exec sleep 60")]);
    assert.equal(await mute.output.next(), "last");
    assert.equal((await mute.status).code, 143);
    await using deaf = new Process([...COMMAND, ...server("exec <&-; echo on; exec sleep 60")]);
    assert.equal(await deaf.output.next(), "on");
    await deaf.send("x");
    assert.equal((await deaf.status).code, 143);
  });

  Deno.test("launch takes the credentials from the first line of stdin, and leaves the rest to the server", async () => {
    for (const source of [["-"], ["--credentials-file", "-"]]) {
      await using host = new Process([...PROXY_COMMAND, "launch", ...source, "--", ...server('echo "$line"; cat')]);
      await host.send('{"KEY":"from stdin"}\nthe rest');
      assert.equal(await host.output.next(), '{"KEY":"from stdin"}');
      assert.equal(await host.output.next(), "the rest");
    }
  });

  Deno.test("launch takes the credentials out of the environment that the server inherits", async () => {
    const env = { CRED_KEY: "hidden", OTHER: "inherited", MCP_MQTT_CREDENTIALS_ENV: "CRED_" };
    await using host = new Process([
      ...PROXY_COMMAND,
      "launch",
      "--",
      ...server('echo "$line $CRED_KEY $OTHER $MCP_MQTT_CREDENTIALS_ENV|"'),
    ], { env });
    assert.equal(await host.output.next(), '{"KEY":"hidden"}  inherited |');
  });

  Deno.test("launch refuses a credentials file that others can read", async () => {
    await using scratch = await scratchDirectory();
    const file = `${scratch.path}/credentials.json`;
    await Deno.writeTextFile(file, "{}");
    await Deno.chmod(file, 0o644);
    await using host = new Process([...PROXY_COMMAND, "launch", "--credentials-file", file, "--", "cat"]);
    assert.equal((await host.status).code, 2);
    assert.match(await host.errors.next(), /can be read by others than its owner: run chmod 600/);
  });

  Deno.test("a server that does not take part ends launch with a sentence", async () => {
    const wrong: [command: string[], message: RegExp][] = [
      [["sh", "-c", "exit 3"], /the server process ended before it said \+READY; is it an SMCP server\?$/],
      [
        ["sh", "-c", "echo +READY; read line; echo +ERR KEY must not be value; exit 1"],
        /refused its credentials: KEY must not be \[KEY\]/,
      ],
      [["/no/such/program"], /could not be started: there is no program "\/no\/such\/program"/],
    ];
    for (const [command, message] of wrong) {
      await using host = new Process([...COMMAND, ...command]);
      assert.equal((await host.status).code, 1);
      assert.match(await host.errors.next(), message);
    }
  });
}
