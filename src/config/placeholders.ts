/**
 * Placeholders in topics, names and client ids: `{hostname}`, `{env:NAME}` and, where a client id is known later,
 * `{client}`.
 *
 * @module
 */
import { type Kind, Unsuitable } from "./kinds.ts";

/** What stands for the client id. */
export const CLIENT_PLACEHOLDER = "{client}";

/** A word in braces, with what hosts write in front of it for placeholders of their own. */
const PLACEHOLDER = /(\$?)\{([a-z]+)(?::([^{}]*))?\}/gi;

/** Where a client id may stand for {@linkcode CLIENT_PLACEHOLDER}: nowhere, or in what is put together later. */
type ClientId = "none" | "later";

/**
 * The kind of a text in which placeholders are filled in before it is checked. In values, which programs give, they are
 * not: programs can look things up themselves.
 *
 * @param client whether `{client}` is left for whoever knows the client id
 */
export function filled<T>(kind: Kind<T>, client: ClientId = "none"): Kind<T> {
  return {
    ...kind,
    hasPlaceholders: true,
    fromText: (text) => kind.fromText(fill(text, client)),
  };
}

/** What a text takes of Deno's permissions, as flags without their values: `--allow-env` for each variable. */
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
      throw new Unsuitable(`has ${whole}, which the host has not filled in; of ours are {hostname} and {env:NAME}`);
    }
    if (word === "env" && name) return variable(name, whole);
    if (name === undefined) {
      if (word === "hostname") return hostname();
      if (word === "client" && client === "later") return whole;
    }
    const known = client === "later" ? "{hostname}, {client} and {env:NAME}" : "{hostname} and {env:NAME}";
    throw new Unsuitable(`has ${whole}, which stands for nothing here: there are ${known}`);
  });
}

function variable(name: string, whole: string): string {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") {
    throw new Unsuitable(`has ${whole}, which may not be read: add --allow-env=${name} to deno run`);
  }
  const value = Deno.env.get(name) ?? "";
  if (value === "") throw new Unsuitable(`has ${whole}, but the variable ${name} is not set`);
  return value;
}

function hostname(): string {
  if (Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state !== "granted") {
    throw new Unsuitable("has {hostname}, which may not be read: add --allow-sys=hostname to deno run");
  }
  return Deno.hostname();
}
