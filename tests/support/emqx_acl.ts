/**
 * EMQX's file of access rules, followed by the embedded broker.
 *
 * Only what such files usually have: `{allow|deny, Who, Action, [Topics]}.`, with `all`, `{username, "…"}` and
 * `{clientid, "…"}` for who, and `${clientid}` and `${username}` in topics. The first rule that matches decides.
 *
 * @module
 */
import type { AedesOptions } from "aedes";
import { topicMatches } from "../../src/mqtt/topics.ts";

type Action = "publish" | "subscribe";

interface Peer {
  readonly id: string;
  readonly username: string;
}

interface Rule {
  readonly allow: boolean;
  readonly matches: (peer: Peer, action: Action, topic: string) => boolean;
}

const RULE =
  /^\{(allow|deny), *(all|\{(username|clientid), *"([^"]*)"\})(?:, *(publish|subscribe|all), *\[([^\]]*)\])?\}\.$/;

/** Whether the rules of `file` let somebody do something. */
export function emqxAuthorizer(file: string): (peer: Peer, action: Action, topic: string) => boolean {
  const lines = file.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("%"));
  const rules = lines.map(parseRule);
  return (peer, action, topic) => rules.find((rule) => rule.matches(peer, action, topic))?.allow ?? false;
}

function parseRule(line: string): Rule {
  const match = RULE.exec(line);
  if (match === null) throw new Error(`This is no rule: ${line}`);
  const [, verdict, , kind, name, wantedAction, list] = match;
  const topics = list === undefined ? undefined : Array.from(list.matchAll(/"([^"]*)"/g), ([, topic = ""]) => topic);
  return {
    allow: verdict === "allow",
    matches: (peer, action, topic) => {
      const owner = kind === "username" ? peer.username : peer.id;
      if (kind !== undefined && owner !== name) return false;
      if (wantedAction !== undefined && wantedAction !== "all" && wantedAction !== action) return false;
      return topics === undefined || topics.some((filter) => {
        const own = filter.replaceAll("${clientid}", peer.id).replaceAll("${username}", peer.username);
        return own === topic || topicMatches(own, topic);
      });
    },
  };
}

/** Options of the embedded broker that follow the rules of `file`; a user's name is its password too. */
export function emqxOptions(file: string): AedesOptions {
  const mayDo = emqxAuthorizer(file);
  const users = new WeakMap<object, string>();
  const peerOf = (client: { readonly id: string }): Peer => ({ id: client.id, username: users.get(client) ?? "" });
  return {
    authenticate: (client, username, password, done) => {
      users.set(client, username ?? "");
      done(null, username !== undefined && username === password?.toString());
    },
    authorizePublish: (client, packet, done) => {
      const allowed = client === null || mayDo(peerOf(client), "publish", packet.topic);
      done(allowed ? null : new Error("not authorized"));
    },
    authorizeSubscribe: (client, subscription, done) => {
      const topic = subscription.topic.replace(/^\$share\/[^/]+\//, "");
      const allowed = client === null || mayDo(peerOf(client), "subscribe", topic);
      done(null, allowed ? subscription : null);
    },
  };
}
