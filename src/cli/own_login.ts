/**
 * The broker, username and password that this process gets from its parent process.
 *
 * @module
 */
import {
  BROKER_SETTINGS,
  type BrokerLogin,
  type ConnectionOptions,
  CredentialError,
  CREDENTIALS_SCHEMA,
  environmentCredentials,
  flagName,
  type HandshakeOptions,
  LOGIN_FLAGS,
  type MessageOptions,
  readBrokerLogin,
  sealKeyProblem,
} from "../config/mod.ts";
import type { Credentials } from "../core/secret.ts";
import { UsageError } from "../core/usage_error.ts";
import { answerWithoutCredentials, receiveCredentials } from "../smcp/mod.ts";
import { type ByteSource, LineChannel, ownInput, ownOutput } from "../stdio/mod.ts";
import { HandshakeError } from "./explain.ts";

type HandshakeValues = HandshakeOptions & ConnectionOptions & MessageOptions;

/** The login, and the rest of stdin after it. */
export interface OwnLogin extends BrokerLogin {
  readonly input: ByteSource;
}

/**
 * Gets the login by the handshake, or from the environment.
 *
 * @throws {UsageError} when the environment does not contain it
 * @throws {HandshakeError} when the handshake has failed; the parent was told of it
 */
export async function ownLogin(values: HandshakeValues, signal: AbortSignal): Promise<OwnLogin> {
  const input = ownInput();
  if (values.insecure) {
    const login = await read(environmentCredentials((name) => Deno.env.get(name)), values);
    if ("problem" in login) throw new UsageError([`${login.problem} (in the environment, because of --insecure)`]);
    return { ...login.value, input };
  }
  const output = ownOutput();
  const reception = await receiveCredentials({ input, output, read: (credentials) => read(credentials, values) });
  if (reception.type === "accepted") return { ...reception.value, input: reception.input };
  if (reception.type === "mcp") {
    const host = new LineChannel(reception.input, output, { maxMessage: values.maxMessage, tooLong: () => {} });
    signal.addEventListener("abort", () => void host.close(), { once: true });
    const remedy = "run it with --insecure, and with the same keys in its environment.";
    await answerWithoutCredentials(host, Object.keys(CREDENTIALS_SCHEMA.required), remedy);
    throw new HandshakeError("the host speaks MCP, but gave no credentials before");
  }
  throw new HandshakeError(
    `the SMCP handshake failed: ${reception.message}; credentials are expected as one line of JSON on stdin. Start this ` +
      `by "mcp-mqtt-proxy launch --credentials-file FILE -- COMMAND", or add --insecure to take them from the environment`,
  );
}

/**
 * Checks that no flag sets what the credentials set.
 *
 * @throws {UsageError} when a flag does
 */
export function refuseLoginFlags(flags: Readonly<Record<string, unknown>>): void {
  const given = LOGIN_FLAGS.filter((flag) => flags[flag] !== undefined);
  if (given.length === 0) return;
  const names = given.map((flag) => flagName(BROKER_SETTINGS[flag])).join(", ");
  throw new UsageError([`with --smcp the broker and the login come by the handshake: remove ${names}`]);
}

async function read(
  credentials: Credentials,
  values: ConnectionOptions,
): Promise<{ readonly value: BrokerLogin } | { readonly problem: string }> {
  try {
    const value = readBrokerLogin(credentials, values);
    const problem = await sealKeyProblem(value.broker);
    return problem === undefined ? { value } : { problem: `MQTT_SEAL_KEY ${problem}` };
  } catch (error) {
    if (error instanceof CredentialError) return { problem: error.message };
    throw error;
  }
}
