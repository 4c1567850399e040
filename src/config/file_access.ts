/**
 * Files that others than their owner can get at, as a warning of each.
 *
 * @module
 */

/** Permission bits of everybody but the owner and his group, which secret stores give files to. */
const OTHERS_MAY_READ = 0o004;
const OTHERS_MAY_WRITE = 0o002;

/** In such a directory, everybody may make files, and none may replace those of others. */
const STICKY = 0o1000;

/** Says so when a file with a secret can be read by others. */
export async function readableByOthers(flag: string, path: string): Promise<string | undefined> {
  const { isFile = false, mode = null } = await statOf(path) ?? {};
  if (!isFile || mode === null || (mode & OTHERS_MAY_READ) === 0) return undefined;
  return `${flag} can be read by others than its owner: run chmod 600 ${path}`;
}

/** Says so when a file that says whom to trust can be changed by others, or another be put in its place. */
export async function writableByOthers(flag: string, path: string): Promise<string | undefined> {
  const { isFile = false, mode = null } = await statOf(path) ?? {};
  if (isFile && mode !== null && (mode & OTHERS_MAY_WRITE) !== 0) {
    return `${flag} can be changed by others than its owner: run chmod o-w ${path}`;
  }
  const directory = path.replace(/[^/\\]*$/, "") || ".";
  const { mode: access = null } = await statOf(directory) ?? {};
  if (access === null || (access & OTHERS_MAY_WRITE) === 0 || (access & STICKY) !== 0) return undefined;
  return `${flag} can be replaced by others than its owner: run chmod o-w ${directory}`;
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch {
    return undefined; // a place that cannot be looked at
  }
}
