/**
 * The files of the project, and what each imports and exports.
 *
 * @module
 */
import { dirname, join, normalize } from "node:path/posix";

/** The directory that has `deno.json` in it. */
export const ROOT: string = new URL("../..", import.meta.url).pathname;

/** A TypeScript file. */
export interface SourceFile {
  /** From the root of the project. */
  readonly file: string;
  readonly text: string;
}

/** An import, static or lazy, or a list of names that are passed on. */
export interface Import {
  readonly file: string;
  /** As it is written. */
  readonly specifier: string;
  /** The file that it means, from the root of the project; `undefined` for packages. */
  readonly target: string | undefined;
  /** The names that it asks for; none for whole modules. */
  readonly names: readonly string[];
  /** Whether it only passes them on. */
  readonly passesOn: boolean;
}

/** A name that a file declares and exports. */
export interface Export {
  readonly file: string;
  readonly name: string;
  readonly isType: boolean;
  /** Whether the file uses the name itself. */
  readonly usedHere: boolean;
}

/** A file by its path from the root. */
export async function readSourceFile(file: string): Promise<SourceFile> {
  return { file, text: await Deno.readTextFile(join(ROOT, file)) };
}

/** All TypeScript files below a directory. */
export async function readSourceFiles(directory: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, directory))) {
    const path = `${directory}/${name}`;
    if (isDirectory) files.push(...await readSourceFiles(path));
    else if (name.endsWith(".ts")) files.push(await readSourceFile(path));
  }
  return files;
}

/** What a file imports. */
export function importsOf({ file, text }: SourceFile): Import[] {
  const code = withLiteralNames(withoutComments(text));
  const resting = code.matchAll(/^(import|export)\b(?:(?:\s+type)?\s*\{([^}]*)\}\s*from|[^";{]*\bfrom)?\s*"([^"]+)"/gm);
  const lazy = code.matchAll(
    /(?:()\{([^{}]*)\}(?::[^=;]*)?\s*=\s*await\s+)?\bimport\(\s*"([^"]+)"\s*\)\)?(?:\.(\w+))?/g,
  );
  return [...resting, ...lazy].map(([, keyword, list = "", specifier = "", member]) => ({
    file,
    specifier,
    target: specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : undefined,
    names: [...namesIn(list), ...(member === undefined ? [] : [member])],
    passesOn: keyword === "export",
  }));
}

/** What a file declares and exports. */
export function exportsOf({ file, text }: SourceFile): Export[] {
  const code = withoutComments(text);
  const declared = code.matchAll(
    /^export (?:abstract |async )?(const|let|class|function\*?|interface|type|enum) (\w+)/gm,
  );
  return [...declared].map(([, kind = "", name = ""]) => ({
    file,
    name,
    isType: kind === "interface" || kind === "type",
    usedHere: code.matchAll(new RegExp(`\\b${name}\\b`, "g")).toArray().length > 1,
  }));
}

/** The code of a file, without comments that take whole lines or blocks. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

/**
 * Code in which an import by a template, `import(`./${NAME}.ts`)`, has the name that the file gives to the constant, and
 * in which a call of a function that only imports by a template is such an import.
 */
function withLiteralNames(code: string): string {
  const [, name, before, after] = /^function (\w+)[^{]*\{\s*return import\(`([^`$]*)\$\{\w+\}([^`$]*)`\)/m.exec(code) ??
    [];
  const called = name === undefined
    ? code
    : code.replaceAll(new RegExp(`\\b${name}\\("(\\w+)"\\)`, "g"), `import("${before}$1${after}")`);
  return called.replaceAll(/\bimport\(`([^`$]*)\$\{(\w+)\}([^`$]*)`\)/g, (whole, before, constant, after) => {
    const [, value] = new RegExp(`^const ${constant} = "([^"]+)";$`, "m").exec(code) ?? [];
    return value === undefined ? whole : `import("${before}${value}${after}")`;
  });
}

function namesIn(list: string): string[] {
  return list.split(",").map((name) => name.trim().replace(/^type\s+/, "").split(" as ")[0] ?? "")
    .filter((name) => name !== "");
}
