import assert from "node:assert/strict";
import {
  OutputError,
  type StandardOutput,
  writeOut,
  writeOutAtOnce,
  writeOutSync,
} from "../../src/core/standard_output.ts";
import { fc, holdsAsync } from "../support/properties.ts";

const encoder = new TextEncoder();

/**
 * Stdout on a pipe that has room now and then. The pipe takes all of a write or nothing; Deno keeps the unfinished line
 * that it could not write, and says that there was no room all the same.
 */
class FullPipe implements StandardOutput {
  text = "";
  #kept = "";
  #room: readonly boolean[];
  #writes = 0;

  /** @param room whether there is room, write by write; afterwards there is */
  constructor(...room: readonly boolean[]) {
    this.#room = room;
  }

  writeSync(bytes: Uint8Array): number {
    const text = new TextDecoder().decode(bytes);
    if (this.#room[this.#writes++] === false) {
      if (bytes.length < 1024 && !text.endsWith("\n")) this.#kept += text;
      throw new Deno.errors.WouldBlock("Resource temporarily unavailable");
    }
    this.text += this.#kept + text;
    this.#kept = "";
    return bytes.length;
  }

  // deno-lint-ignore require-await -- so that it rejects instead of throwing
  async write(bytes: Uint8Array): Promise<number> {
    return this.writeSync(bytes);
  }
}

Deno.test("what does not fit into a full pipe is written when there is room", async () => {
  const text = `${"a".repeat(10_000)}\nshort\n${"b".repeat(5_000)}\n`;
  const room = [true, false, false, true, false];
  const [late, lateSync, atOnce] = [new FullPipe(...room), new FullPipe(...room), new FullPipe(...room)];
  await writeOut(late, encoder.encode(text));
  await writeOutAtOnce(atOnce, encoder.encode(text));
  assert.equal(atOnce.text, text);
  writeOutSync(lateSync, encoder.encode(text));
  assert.equal(late.text, text);
  assert.equal(lateSync.text, text);
});

Deno.test("every byte is written once, wherever the pipe is full and however the text is cut into lines", async () => {
  const lines = fc.array(fc.constantFrom("", "x", "a line", "y".repeat(1023), "z".repeat(4096)), { maxLength: 12 });
  const room = fc.array(fc.boolean(), { maxLength: 12 });
  await holdsAsync(fc.tuple(lines, room), async ([lines, room]) => {
    const pipe = new FullPipe(...room);
    await writeOut(pipe, encoder.encode(lines.join("\n")));
    assert.equal(pipe.text, lines.join("\n"));
  });
});

Deno.test("any other error is the caller's", async () => {
  const broken: StandardOutput = {
    write: () => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe")),
    writeSync: () => {
      throw new Deno.errors.BrokenPipe("Broken pipe");
    },
  };
  await assert.rejects(writeOut(broken, encoder.encode("x\n")), Deno.errors.BrokenPipe);
  assert.throws(() => writeOutSync(broken, encoder.encode("x\n")), Deno.errors.BrokenPipe);
});

Deno.test("an error says whether nobody reads any more", () => {
  const withCode = (code: string) => Object.assign(new Error("No space left on device"), { code });
  assert.equal(new OutputError(withCode("EPIPE")).unread, true);
  assert.equal(new OutputError(withCode("ECONNRESET")).unread, true);
  const full = new OutputError(withCode("ENOSPC"));
  assert.equal(full.unread, false);
  assert.equal(full.message, "stdout cannot be written: No space left on device");
});
