/**
 * The URIs of topics: `mqtt://HOST/TOPIC`. A URI may name the broker's port, but need not.
 *
 * @module
 */
import { topicNameProblem } from "../mqtt/mod.ts";
import { UriTemplate, type Variables } from "./sdk.ts";

/** The template of the URIs of one broker's topics. */
export class TopicUris extends UriTemplate {
  /** Host name and port of the broker. */
  readonly authority: string;
  readonly #prefix: string;
  readonly #prefixWithPort: string;

  /** @param authority host name and port of the broker */
  constructor(authority: string) {
    const prefix = `mqtt://${authority.replace(/:\d+$/, "")}/`;
    super(`${prefix}{+topic}`);
    this.authority = authority;
    this.#prefix = prefix;
    this.#prefixWithPort = `mqtt://${authority}/`;
  }

  override match(uri: string): Variables | null {
    return super.match(this.#withoutPort(uri));
  }

  /** The URI of a topic. */
  uri(topic: string): string {
    return this.#prefix + topic.split("/").map(encodeURIComponent).join("/");
  }

  /** The form of the URIs, for error messages. */
  get form(): string {
    return `${this.#prefix}TOPIC`;
  }

  /** The topic that a URI names; `undefined` when it is not a topic of this broker. */
  topic(uri: string): string | undefined {
    const plain = this.#withoutPort(uri);
    const topic = plain.startsWith(this.#prefix) ? decode(plain.slice(this.#prefix.length)) : undefined;
    return topic === undefined || topicNameProblem(topic) !== undefined ? undefined : topic;
  }

  #withoutPort(uri: string): string {
    return uri.startsWith(this.#prefixWithPort) ? this.#prefix + uri.slice(this.#prefixWithPort.length) : uri;
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
