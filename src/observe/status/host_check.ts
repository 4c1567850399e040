/**
 * By which names a status may be asked for.
 *
 * A web page that somebody on this machine looks at can send requests to any address, under a name of its own that it lets
 * point there (DNS rebinding), and read the answers. Such a request has the page's name in its Host field.
 *
 * @module
 */

/** Says whether a status that is bound to `address` may be asked for by the name `host`. */
export type HostCheck = (host: string | undefined) => boolean;

const IP_LITERAL = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])$/;

/**
 * Bound to this machine alone: its loopback names. Else: addresses, the names of this machine, and `others`.
 *
 * @param address as `--status` has it, without the port
 * @param own the names of this machine
 * @param others what the user allows besides, such as the name of a service by which Prometheus asks
 */
export function hostCheck(address: string, own: readonly string[], others: readonly string[]): HostCheck {
  const names = new Set([address, ...others].map((name) => name.toLowerCase()));
  const loopback = isLoopback(address.toLowerCase());
  if (!loopback) {
    for (const name of own) names.add(name.toLowerCase()).add(`${name.toLowerCase()}.local`);
  }
  // Only browsers can be led astray, and they always say a host.
  return (host) => host === undefined || names.has(host) || isLoopback(host) || !loopback && IP_LITERAL.test(host);
}

/** @param host in lower case; an IPv6 address with or without its brackets */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

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
