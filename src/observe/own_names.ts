/**
 * What this machine is called.
 *
 * @module
 */

/**
 * The names of this machine, as far as it can be asked without the permission `sys`, which no command has. Asks nobody
 * who would have to be asked for a permission first.
 */
export async function ownNames(): Promise<string[]> {
  const names = ["HOSTNAME", "COMPUTERNAME"].map((variable) =>
    isGranted({ name: "env", variable }) ? Deno.env.get(variable) : undefined
  );
  const file = "/etc/hostname";
  if (isGranted({ name: "read", path: file })) names.push(await Deno.readTextFile(file).catch(() => undefined));
  return names.map((name) => name?.trim() ?? "").filter((name) => name !== "");
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
