/**
 * The host names that requests to the status may use.
 *
 * A web page can send requests to any address under a host name of its own, if it lets that name point there (DNS
 * rebinding). It could then read the status of a machine whose user looks at the page. Such a request has the page's
 * host name in its Host header.
 * @module
 */

/** Whether a request with this Host may see the status. */
export type HostCheck = (host: string | undefined) => boolean;

const IP_LITERAL = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])$/;

/**
 * The check for a status that is bound to `address`. A loopback address allows only loopback names. Any other address
 * allows IP addresses, the names of this machine, and `others`.
 *
 * @param address as in `--status`, without the port
 * @param own the names of this machine
 * @param others further names that the user allows, such as the name of a service that Prometheus scrapes
 */
export function hostCheck(address: string, own: readonly string[], others: readonly string[]): HostCheck {
  const names = new Set([address, ...others].map((name) => name.toLowerCase()));
  const loopback = isLoopback(address.toLowerCase());
  if (!loopback) {
    for (const name of own) names.add(name.toLowerCase()).add(`${name.toLowerCase()}.local`);
  }
  // DNS rebinding works only in browsers, and browsers always send a Host header.
  return (host) => host === undefined || names.has(host) || isLoopback(host) || !loopback && IP_LITERAL.test(host);
}

/** @param host in lower case; an IPv6 address with or without its brackets */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * The names of this machine, as far as they are known without the permission `sys`, which no command has. Never causes
 * a permission prompt.
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
