import assert from "node:assert/strict";
import { childEnvironment, ChildProcess } from "../../src/stdio/mod.ts";
import { candidates, type SearchPath, windowsLaunch } from "../../src/stdio/windows_launcher.ts";

const PLACE = { path: 'C:\\tools;"C:\\Program Files\\nodejs\\";', extensions: ".EXE;.CMD", directory: "D:\\work" };

function place(...files: string[]): SearchPath {
  return { ...PLACE, isFile: (file) => files.includes(file) };
}

/** The command line that `cmd.exe` gets behind /c, without the outermost quotes. */
function lineFor(...args: string[]): string {
  const launch = windowsLaunch("tool", args, place("C:\\tools\\tool.cmd"));
  assert.equal(launch.command, "cmd.exe");
  assert.equal(launch.raw, true);
  return launch.args.at(-1)?.slice(1, -1) ?? "";
}

Deno.test("a bare name is looked for in every directory of PATH, with every ending of PATHEXT", () => {
  assert.deepEqual(candidates("npx", PLACE), [
    "C:\\tools\\npx.exe",
    "C:\\tools\\npx.cmd",
    "C:\\Program Files\\nodejs\\npx.exe",
    "C:\\Program Files\\nodejs\\npx.cmd",
  ]);
});

Deno.test("a name that has an ending keeps it", () => {
  assert.deepEqual(candidates("NPX.CMD", { ...PLACE, path: "C:\\tools" }), ["C:\\tools\\NPX.CMD"]);
});

Deno.test("a relative path begins in the working directory, an absolute one where it says", () => {
  assert.deepEqual(candidates("bin\\tool", PLACE), ["D:\\work\\bin\\tool.exe", "D:\\work\\bin\\tool.cmd"]);
  assert.deepEqual(candidates("E:\\tool", PLACE), ["E:\\tool.exe", "E:\\tool.cmd"]);
});

Deno.test("without PATHEXT the endings are those that Windows has always had", () => {
  assert.deepEqual(candidates("x", { path: "C:\\", extensions: "", directory: "" }), [
    ...["C:\\x.com", "C:\\x.exe", "C:\\x.bat", "C:\\x.cmd"],
  ]);
});

Deno.test("a program is started as it is", () => {
  const launch = windowsLaunch("node", ["a b", '"'], place("C:\\tools\\node.exe"));
  assert.deepEqual(launch, { command: "C:\\tools\\node.exe", args: ["a b", '"'], raw: false });
});

Deno.test("what cannot be found is left to the system", () => {
  assert.deepEqual(windowsLaunch("ghost", ["a"], place()), { command: "ghost", args: ["a"], raw: false });
});

Deno.test("a .cmd launcher is started by the command interpreter, which gets every argument in quotes", () => {
  assert.equal(lineFor("-y", "a b", "&calc", "^"), '"C:\\tools\\tool.cmd" "-y" "a b" "&calc" "^"');
});

Deno.test("quotes are doubled, backslashes before them too, and the others are not", () => {
  assert.equal(
    lineFor('say "hi"', 'a\\"b', "C:\\dir\\"),
    [
      '"C:\\tools\\tool.cmd"',
      '"say ""hi"""',
      '"a\\\\""b"',
      '"C:\\dir\\\\"',
    ].join(" "),
  );
});

Deno.test("no argument is taken for a variable", () => {
  assert.equal(lineFor("%PATH%"), '"C:\\tools\\tool.cmd" "%%cd:~,%PATH%%cd:~,%"');
});

Deno.test("an argument with a line break is refused: cmd.exe would end the line there", () => {
  assert.throws(() => lineFor("a\nb"), RangeError);
});

Deno.test({
  name: "a .cmd launcher gets its arguments as they were given [windows]",
  ignore: Deno.build.os !== "windows",
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const printer = `${directory}\\print.ts`;
      await Deno.writeTextFile(printer, "console.log(JSON.stringify({ args: Deno.args }));");
      await Deno.writeTextFile(`${directory}\\tool.cmd`, `@"${Deno.execPath()}" run --quiet "${printer}" %*\r\n`);
      const args = ["plain", "a b", 'say "hi"', "&calc", "%PATH%", "^|<>", "C:\\dir\\", "ä€"];
      const lines: unknown[] = [];
      await using child = new ChildProcess({
        command: "tool",
        args,
        environment: { ...childEnvironment({}, []), PATH: directory },
        maxMessage: 1_000_000,
        stderr: () => {},
        skipped: () => {},
        tooLong: () => {},
      });
      child.receive((message) => void lines.push(message.parse()));
      await child.closed;
      assert.deepEqual(lines, [{ args }]);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
