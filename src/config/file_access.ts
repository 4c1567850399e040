/**
 * Where files are, and warnings about those that other users can read or change.
 *
 * @module
 */

/** Permission bits of other users. The group is not checked: secret stores such as Kubernetes give files to a group. */
const OTHERS_MAY_READ = 0o004;
const OTHERS_MAY_WRITE = 0o002;

/** The sticky bit: users may create files in such a directory, but not replace those of others. */
const STICKY = 0o1000;

/** A warning if a file with a secret can be read by other users. */
export async function readableByOthers(flag: string, path: string): Promise<string | undefined> {
  const { isFile = false, mode = null } = await statOf(path) ?? {};
  if (!isFile || mode === null || (mode & OTHERS_MAY_READ) === 0) return undefined;
  return `${flag} can be read by others than its owner: run chmod 600 ${path}`;
}

/** A warning if a file of trusted keys can be changed or replaced by other users. */
export async function writableByOthers(flag: string, path: string): Promise<string | undefined> {
  const { isFile = false, mode = null } = await statOf(path) ?? {};
  if (isFile && mode !== null && (mode & OTHERS_MAY_WRITE) !== 0) {
    return `${flag} can be changed by others than its owner: run chmod o-w ${path}`;
  }
  const directory = directoryOf(path);
  const { mode: access = null } = await statOf(directory) ?? {};
  if (access === null || (access & OTHERS_MAY_WRITE) === 0 || (access & STICKY) !== 0) return undefined;
  return `${flag} can be replaced by others than its owner: run chmod o-w ${directory}`;
}

/** The directory of a file. */
export function directoryOf(path: string): string {
  return path.replace(/[^/\\]*$/, "") || ".";
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch {
    return undefined; // without access, there is nothing to warn of
  }
}
