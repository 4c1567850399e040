/**
 * Placeholders in topics, names and client ids: `{hostname}`, `{env:NAME}` and, where a client id is known later,
 * `{client}`.
 *
 * @module
 */
import { InvalidValue, type Kind } from "./kinds.ts";

/** The placeholder of the client id. */
export const CLIENT_PLACEHOLDER = "{client}";

/** A word in braces. A `$` in front of it makes it a placeholder of a host. */
const PLACEHOLDER = /(\$?)\{([a-z]+)(?::([^{}]*))?\}/gi;

/**
 * Whether {@linkcode CLIENT_PLACEHOLDER} is allowed: `none` refuses it, `later` keeps it until the client id is known.
 */
type ClientId = "none" | "later";

/**
 * The kind of a text whose placeholders are replaced before it is checked. They are not replaced in values from a
 * program, which can look these things up itself.
 *
 * @param client whether `{client}` is kept until the client id is known
 */
export function filled<T>(kind: Kind<T>, client: ClientId = "none"): Kind<T> {
  return {
    ...kind,
    hasPlaceholders: true,
    fromText: (text) => kind.fromText(fill(text, client)),
  };
}

/** The permissions of Deno that the placeholders in a text need: the host name, and the environment variables. */
export function placeholderNeeds(text: string): { readonly hostname: boolean; readonly variables: readonly string[] } {
  const found = [...text.matchAll(PLACEHOLDER)];
  return {
    hostname: found.some(([, , word]) => word === "hostname"),
    variables: found.flatMap(([, , word, name]) => word === "env" && name ? [name] : []),
  };
}

function fill(text: string, client: ClientId): string {
  return text.replaceAll(PLACEHOLDER, (whole, dollar: string, word: string, name: string | undefined) => {
    if (dollar !== "") {
      throw new InvalidValue(`has ${whole}, which the host has not filled in; of ours are {hostname} and {env:NAME}`);
    }
    if (word === "env" && name) return variable(name, whole);
    if (name === undefined) {
      if (word === "hostname") return hostname();
      if (word === "client" && client === "later") return whole;
    }
    const known = client === "later" ? "{hostname}, {client} and {env:NAME}" : "{hostname} and {env:NAME}";
    throw new InvalidValue(`has ${whole}, which stands for nothing here: there are ${known}`);
  });
}

function variable(name: string, whole: string): string {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") {
    throw new InvalidValue(`has ${whole}, which may not be read: add --allow-env=${name} to deno run`);
  }
  const value = Deno.env.get(name) ?? "";
  if (value === "") throw new InvalidValue(`has ${whole}, but the variable ${name} is not set`);
  return value;
}

function hostname(): string {
  if (Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state !== "granted") {
    throw new InvalidValue("has {hostname}, which may not be read: add --allow-sys=hostname to deno run");
  }
  return Deno.hostname();
}
