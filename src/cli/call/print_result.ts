/**
 * Printing and saving the result of a tool.
 *
 * @module
 */
import type { JsonText } from "../../core/json_text.ts";
import { errorText } from "../../core/text.ts";
import { UsageError } from "../../core/usage_error.ts";
import type { CommandLineIo } from "../command.ts";
import { type BinaryContent, toolResult } from "./tool_result.ts";

/** Prints the result of a tool for people; content that is not text is saved to files in `directory`. */
export async function printResult(
  result: JsonText,
  tool: string,
  directory: string,
  io: CommandLineIo,
): Promise<void> {
  for (const part of toolResult(result)) {
    if (typeof part === "string") io.print(part.endsWith("\n") ? part : `${part}\n`);
    else io.print(`${await save(part, tool, directory)}\n`);
  }
}

/** Saves content to a new file. Existing files are never overwritten. */
async function save({ bytes, extension }: BinaryContent, tool: string, directory: string): Promise<string> {
  const name = tool.replaceAll(/[^\w.-]/g, "_");
  try {
    await Deno.mkdir(directory, { recursive: true });
    return await writeNew(bytes, (number) => `${directory}/${name}-${number}${extension}`);
  } catch (cause) {
    throw new UsageError([`--output ${directory} cannot be written to: ${errorText(cause)}`], { cause });
  }
}

async function writeNew(bytes: Uint8Array, fileOf: (number: number) => string): Promise<string> {
  for (let number = 1;; number++) {
    const file = fileOf(number);
    try {
      await Deno.writeFile(file, bytes, { createNew: true });
      return file;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}
