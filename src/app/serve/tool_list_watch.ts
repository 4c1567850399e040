/**
 * Learning a server's list of tools from the answers that pass.
 *
 * No request is sent for this, and no message is changed. So a list that no host has asked for is unknown.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import { ChannelWrapper, type Receiver } from "../../core/channel.ts";
import type { RequestKey } from "../../core/json_rpc.ts";
import { JsonText } from "../../core/json_text.ts";
import type { Message } from "../../core/message.ts";
import type { IncomingSession } from "../../wire/mod.ts";
import { ToolsDigest } from "../tools_digest.ts";

const LIST = "tools/list";
const CHANGED = "notifications/tools/list_changed";

/** The longest list with a digest, in bytes: reading a longer one would delay other work. */
const LONGEST_LIST = 1024 * 1024;

/** The longest cursor that is remembered, in bytes. */
const LONGEST_CURSOR = 4 * 1024;

/** The most unanswered list requests of a session that are remembered. */
const MOST_ASKED = 16;

/** The shortest time between two reports, in ms, however often the list changes. */
const PAUSE = 1_000;

const decoder = new TextDecoder();

/** What all sessions have learned about a server's list of tools. */
export class ToolListWatch implements Disposable {
  readonly #changed: (digest: string | undefined) => void;
  readonly #clock: Clock;
  #digest: string | undefined;
  #told: string | undefined;
  #cancelTimer: (() => void) | undefined;
  #disposed = false;

  /** @param changed told the digest of the newest list, or `undefined` when the server says that it has changed */
  constructor(changed: (digest: string | undefined) => void, clock: Clock = systemClock) {
    this.#changed = changed;
    this.#clock = clock;
  }

  /** The same session, with its answers watched. */
  watch(session: IncomingSession): IncomingSession {
    return new WatchedSession(session, this, this.#clock);
  }

  /** Notes the digest of a list; `undefined` when the list has changed. */
  note(digest: string | undefined): void {
    this.#digest = digest;
    if (this.#cancelTimer === undefined) this.#tell();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#cancelTimer?.();
  }

  #tell(): void {
    this.#cancelTimer = undefined;
    if (this.#disposed || this.#digest === this.#told) return;
    this.#told = this.#digest;
    this.#changed(this.#digest);
    this.#cancelTimer = this.#clock.after(PAUSE, () => this.#tell());
  }
}

/** A list of which some pages are missing. */
interface Pages {
  readonly digest: ToolsDigest;
  readonly bytes: number;
  /** The cursor of the next page, as JSON text. */
  readonly next: string;
}

class WatchedSession extends ChannelWrapper implements IncomingSession {
  readonly name: string;
  readonly #session: IncomingSession;
  readonly #list: ToolListWatch;
  readonly #clock: Clock;
  /** The cursors of the requested pages, as JSON text; `undefined` for the first page. */
  readonly #asked = new Map<RequestKey, string | undefined>();
  #pages: Pages | undefined;
  /** The reading in progress. The next answer is read after it. */
  #reading: Promise<void> = Promise.resolve();
  /** How many times the server has said that the list has changed. */
  #changes = 0;

  constructor(session: IncomingSession, list: ToolListWatch, clock: Clock) {
    super(session);
    this.name = session.name;
    this.#session = session;
    this.#list = list;
    this.#clock = clock;
  }

  get client(): string | undefined {
    return this.#session.client;
  }

  get hasWill(): boolean {
    return this.#session.hasWill === true;
  }

  doubt(): void {
    this.#session.doubt?.();
  }

  override receive(receiver: Receiver): void {
    this.inner.receive((message) => {
      if (message.method === LIST) this.#ask(message);
      return receiver(message);
    });
  }

  override send(message: Message): Promise<void> | void {
    const sent = this.inner.send(message);
    if (message.kind === "response") this.#answered(message);
    else if (message.method === CHANGED || isBatchWith(message, CHANGED)) this.#change();
    return sent;
  }

  #ask({ kind, key, bytes }: Message): void {
    if (kind !== "request" || key === undefined || bytes.length > LONGEST_CURSOR) return;
    if (this.#asked.size >= MOST_ASKED) this.#asked.clear();
    this.#asked.set(key, new JsonText(bytes).get("params", "cursor")?.text);
  }

  #answered(message: Message): void {
    if (this.#asked.size === 0 || message.key === undefined || !this.#asked.has(message.key)) return;
    const cursor = this.#asked.get(message.key);
    this.#asked.delete(message.key);
    if (message.bytes.length > LONGEST_LIST) return;
    const { bytes } = message.keep();
    const changes = this.#changes;
    this.#reading = this.#reading.then(async () => {
      // Reading can wait. The messages behind this answer should not wait for it.
      await new Promise<void>((resolve) => this.#clock.after(0, resolve));
      if (changes === this.#changes) await this.#read(bytes, cursor, changes);
    }).catch(() => this.#pages = undefined); // an invalid answer is the host's concern, not ours
  }

  #change(): void {
    this.#changes++;
    this.#pages = undefined;
    this.#list.note(undefined);
  }

  async #read(bytes: Uint8Array, cursor: string | undefined, changes: number): Promise<void> {
    const before = cursor === undefined ? { digest: new ToolsDigest(), bytes: 0 } : this.#pages;
    this.#pages = undefined;
    if (before === undefined || ("next" in before && before.next !== cursor)) return;
    const all = before.bytes + bytes.length;
    const { result } = JSON.parse(decoder.decode(bytes)) as { result?: { tools?: unknown; nextCursor?: unknown } };
    if (!Array.isArray(result?.tools) || all > LONGEST_LIST) return;
    const { digest } = before;
    await digest.add(result.tools);
    const { nextCursor } = result;
    if (typeof nextCursor === "string") this.#pages = { digest, bytes: all, next: JSON.stringify(nextCursor) };
    else await this.#complete(digest, changes);
  }

  async #complete(list: ToolsDigest, changes: number): Promise<void> {
    const digest = await list.digest();
    if (changes === this.#changes) this.#list.note(digest);
  }
}

/** Whether a batch may contain a message of this method. */
function isBatchWith({ kind, bytes }: Message, method: string): boolean {
  return kind === "other" && decoder.decode(bytes).includes(method);
}
