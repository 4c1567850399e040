/**
 * Whether client and server can open a sealed session.
 *
 * @module
 */
import type { BrokerConfig } from "../../config/mod.ts";
import type { ClientSealing, ServerSealing } from "../../seal/mod.ts";
import { addressIn, profilesFor, type ResolvedAddress, type SealingAnswer } from "../../wire/mod.ts";
import { clientIdFor } from "../client_identity.ts";
import { Links } from "../links.ts";
import type { Finding } from "./finding.ts";

/** How long each instance may take to answer, in ms. */
const ANSWER_TIMEOUT = 3_000;

/** The keys of both ends, as far as the user has given them. */
export interface CheckedSealing {
  /** The sealing of the client; `undefined` when the server's key is not given. */
  readonly client?: ClientSealing | undefined;
  /** The server's public key, as the user has given it. */
  readonly serverKey?: string | undefined;
  /** Our own public key. */
  readonly ownKey?: string | undefined;
  /** The sealing of `serve`. */
  readonly server?: ServerSealing | undefined;
  /** Why a key cannot be used; each is the end of a sentence. */
  readonly problems: readonly string[];
}

const NAME = "sealed sessions";

/** Findings about the keys that are there, and about the clients that they authorize. */
export function keyFindings({ ownKey, server, problems }: CheckedSealing): Finding[] {
  const findings: Finding[] = problems.map((value) => ({
    name: NAME,
    value,
    verdict: "problem",
    meaning: "no session can be sealed",
  }));
  if (ownKey !== undefined) {
    const meaning = server === undefined
      ? "goes into the server's --authorized-keys"
      : "what clients give as --server-key";
    findings.push({ name: "own public key", value: ownKey, verdict: "ok", meaning });
  }
  const clients = [...server?.clients ?? []];
  if (server !== undefined && clients.length === 0) {
    const meaning = "nobody may open a session: add a line to --authorized-keys";
    findings.push({ name: "authorized key", value: "none", verdict: "problem", meaning });
  }
  for (const [value, name] of clients) findings.push({ name: "authorized key", value, verdict: "ok", meaning: name });
  return findings;
}

/** Asks the named server, as a client would. Its presence proves nothing, since anybody may have written it. */
export async function answerFindings(
  broker: BrokerConfig,
  address: ResolvedAddress,
  sealing: CheckedSealing,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const profile of profilesFor(address.options, { ...address.options, broker })) {
    if (profile.probeSealing === undefined) continue;
    await using links = new Links(broker, () => {});
    const options = { ...addressIn(profile, address), timeout: ANSWER_TIMEOUT, sealing: sealing.client };
    const clientId = clientIdFor("check", broker.clientId);
    const answers = await profile.probeSealing((plan) => links.make(plan), { ...options, clientId }, signal);
    const told = answers.flatMap((answer) => answerFinding(answer, sealing));
    // Several instances usually give the same findings, so duplicates are removed.
    findings.push(...new Map(told.map((finding) => [JSON.stringify(finding), finding])).values());
  }
  return findings;
}

function serverOffline(): Finding {
  const meaning = "start the server, and check again";
  return { name: NAME, value: "no server of that name is online", verdict: "note", meaning };
}

function answerFinding(answer: SealingAnswer, { serverKey, client, ownKey }: CheckedSealing): Finding[] {
  const { shownKey, takesUnsealed, agreed, failure, instance } = answer;
  const problem = (value: string, meaning: string): Finding[] => [{ name: NAME, value, verdict: "problem", meaning }];
  const shown = `it shows ${shownKey} (unverified)`;
  if (serverKey === undefined) {
    if (shownKey === undefined) return [];
    const meaning = `ask its operator for its key, and give --key and --server-key; ${shown}`;
    if (!takesUnsealed) return problem("the server takes sealed sessions only, and you have no --server-key", meaning);
    return [{ name: NAME, value: "the server takes both, and you have no --server-key", verdict: "note", meaning }];
  }
  if (client === undefined) return [];
  if (agreed) {
    return [{ name: NAME, value: "authorized", verdict: "ok", meaning: "the broker can read and change nothing" }];
  }
  if (failure?.reason === "not-authorized") {
    return problem(
      "your key is not authorized",
      `the server's operator adds a line to --authorized-keys: ${ownKey} NAME`,
    );
  }
  if (instance === undefined) return [serverOffline()];
  if (shownKey === undefined) {
    return problem("the server takes no sealed sessions", "start serve with --key and --authorized-keys");
  }
  if (shownKey !== serverKey) {
    return problem("the server's key is not the one you gave", `${shown}: ask its operator which one is right`);
  }
  return problem(
    "no server with the key you gave has answered",
    failure?.reason === "server-not-responding"
      ? "check --server-key, and whether serve runs with --key"
      : failure?.message ?? "",
  );
}
