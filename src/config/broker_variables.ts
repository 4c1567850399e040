/**
 * Environment variables that other programs use for the broker.
 *
 * @module
 */
import { UsageError } from "../core/usage_error.ts";
import { brokerUrlFrom, CredentialError } from "./credentials.ts";

type Environment = (name: string) => string | undefined;

/** Variables that are not read, with the variable to use instead. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  MQTT_HOST: "MQTT_URL",
  MQTT_HOSTNAME: "MQTT_URL",
  MQTT_SERVER: "MQTT_URL",
  MQTT_URI: "MQTT_URL",
  MQTT_BROKER_URL: "MQTT_URL",
  MQTT_BROKER_HOST: "MQTT_URL",
  MQTT_USER: "MQTT_USERNAME",
  MQTT_USER_NAME: "MQTT_USERNAME",
  MQTT_LOGIN: "MQTT_USERNAME",
  MQTT_PASS: "MQTT_PASSWORD",
  MQTT_PASSWD: "MQTT_PASSWORD",
  MQTT_PWD: "MQTT_PASSWORD",
  MQTT_CLIENTID: "MQTT_CLIENT_ID",
  MQTT_CA_CERT: "MQTT_CA",
  MQTT_CA_FILE: "MQTT_CA",
  MQTT_CAFILE: "MQTT_CA",
  MQTT_CERT_FILE: "MQTT_CERT",
  MQTT_KEY_FILE: "MQTT_KEY",
  MQTT_SEAL_KEY: "MQTT_KEY",
};

/** The broker in the environment of a command. */
export interface BrokerVariables {
  /** The environment. If `MQTT_URL` is not set, it is made from `MQTT_BROKER`, `MQTT_PORT` and `MQTT_TLS`. */
  readonly environment: Environment;
  /** Warnings about variables that are set but not read, each a sentence. */
  readonly warnings: readonly string[];
}

/**
 * Reads the variables.
 *
 * @param isGiven whether a flag sets the same as a variable
 * @throws {UsageError} when `MQTT_BROKER` is needed and does not name a broker
 */
export function brokerVariables(environment: Environment, isGiven: (variable: string) => boolean): BrokerVariables {
  const value = (name: string) => environment(name) || undefined;
  const broker = isGiven("MQTT_URL") ? undefined : value("MQTT_URL") ?? urlOf(value);
  const known = (name: string) => isGiven(name) || (name === "MQTT_URL" ? broker : value(name)) !== undefined;
  const warnings = Object.entries(LOOK_ALIKES).filter(([name, meant]) => value(name) !== undefined && !known(meant))
    .map(([name, meant]) => `${name} is set, but nothing reads it: ${meant} is what you may mean`);
  return { environment: (name) => name === "MQTT_URL" ? broker : environment(name), warnings };
}

function urlOf(value: Environment): string | undefined {
  if (value("MQTT_BROKER") === undefined) return undefined;
  try {
    return brokerUrlFrom(value).href;
  } catch (error) {
    if (error instanceof CredentialError) throw new UsageError([error.message], { cause: error });
    throw error;
  }
}
