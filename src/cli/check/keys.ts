/**
 * The keys of both ends for `check`.
 *
 * @module
 */
import type { CheckedSealing } from "../../app/check/sealing.ts";
import type { CheckedRole } from "../../app/check/finding.ts";
import {
  type BrokerConfig,
  clientSealingOf,
  knownServerKey,
  ownPublicKey,
  readServerSealing,
  type Values,
} from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import type { ResolvedAddress } from "../../wire/mod.ts";
import type { CheckSettings } from "./command.ts";

/** Reads the keys. A key that cannot be read becomes a finding, and does not end the check. */
export async function readCheckedSealing(
  values: Values<CheckSettings>,
  broker: BrokerConfig,
  { names }: ResolvedAddress,
  roles: readonly CheckedRole[],
  warn: (text: string) => void,
): Promise<CheckedSealing> {
  const problems: string[] = [];
  const attempt = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(...error.problems);
    }
  };
  const serverKey = await attempt(() => knownServerKey(values, names, warn));
  const ownKey = await attempt(() => ownPublicKey(broker));
  const connects = roles.includes("connect") && serverKey !== undefined;
  // When both roles are checked, `--key` alone may be that of a client or of a server. So the server's role needs
  // --authorized-keys.
  const serves = roles.includes("serve") && (values.authorizedKeys !== undefined || !roles.includes("connect"));
  const client = connects ? await attempt(() => clientSealingOf(serverKey, broker, names[0] ?? "")) : undefined;
  const server = serves ? await attempt(() => readServerSealing(values, broker, warn)) : undefined;
  return { client, serverKey: connects ? serverKey : undefined, ownKey, server, problems: [...new Set(problems)] };
}
