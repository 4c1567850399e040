/**
 * A channel of lines over two byte streams.
 *
 * @module
 */
import { failureResponses, requestsIn, responsesIn } from "../core/batch.ts";
import type { Channel, Receiver } from "../core/channel.ts";
import { waitAtMost } from "../core/waiting.ts";
import type { ProxyEvent } from "../core/events.ts";
import { Failure } from "../core/failure.ts";
import { Message } from "../core/message.ts";
import { parseErrorFor } from "../core/parse_error.ts";
import { errorText } from "../core/text.ts";
import { LineSplitter } from "./line_splitter.ts";
import type { ByteSink, ByteSource } from "./byte_pipes.ts";
import { LineWriter } from "./line_writer.ts";

/** How a {@linkcode LineChannel} treats lines that are not messages, and the ends of its streams. */
export interface LineChannelOptions {
  /** Longest line, in bytes. */
  readonly maxMessage: number;
  /**
   * Called for each line longer than `maxMessage`. Such a line is dropped. If it is a request or a response, the
   * waiting side gets an error response.
   */
  readonly tooLong: (length: number) => void;
  /**
   * Takes each line that is not JSON, for a peer that may print other text. Without it, such a line is answered with a
   * parse error.
   */
  readonly skipped?: (line: Uint8Array) => void;
  /** Called for each line that is not JSON and was not skipped. */
  readonly refused?: () => void;
  /**
   * Whether the channel stays open after the end of the readable stream. That end resolves
   * {@linkcode LineChannel.peerEnded}.
   */
  readonly halfOpen?: boolean;
  /** Called when writing fails. Without it, the channel ends then. */
  readonly unwritable?: (error: unknown) => void;
}

/** How long closing waits for a peer that may not read any more, in ms. */
const UNREAD_TIMEOUT = 500;

/** The event for a line of `source` that was longer than `maximum` bytes. */
export function lineTooLong(source: string, length: number, maximum: number): ProxyEvent {
  const cause = `a line of more than ${length} bytes; --max-message allows ${maximum}`;
  return { type: "message.dropped", source, cause };
}

/** The event for a line of `source` that was not JSON. */
export function lineRefused(source: string): ProxyEvent {
  return { type: "message.dropped", source, cause: "the line is not a JSON object" };
}

/**
 * A channel over a readable and a writable stream of newline-delimited JSON. By default it ends when the readable one
 * ends, or when the writable one fails.
 */
export class LineChannel implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly peerEnded: Promise<void>;
  readonly #source: ByteSource;
  readonly #sink: ByteSink;
  readonly #writer: LineWriter;
  readonly #options: LineChannelOptions;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #peerEnd: PromiseWithResolvers<void> = Promise.withResolvers();
  #outputEnded = false;
  #ended = false;
  #first = true;
  /** The next chunk, read ahead while the receiver has not taken the last one. */
  #ahead: Promise<Uint8Array | undefined> | undefined;
  #written: Promise<void> | undefined;

  constructor(source: ByteSource, sink: ByteSink, options: LineChannelOptions) {
    this.#source = source;
    this.#sink = sink;
    this.#writer = new LineWriter(sink, options.unwritable ?? ((error) => this.#fail(error)));
    this.#options = options;
    this.closed = this.#end.promise;
    this.peerEnded = this.#peerEnd.promise;
  }

  receive(receiver: Receiver): void {
    void this.#read(receiver).then(() => {
      if (this.#options.halfOpen === true) this.#peerEnd.resolve();
      else this.#finish(undefined);
    });
  }

  send(message: Message): Promise<void> | void {
    if (!this.#ended && !this.#outputEnded) return this.#writer.write(message.bytes);
  }

  /** Half-closes the channel: ends the outgoing stream. Messages are still received. */
  end(): boolean {
    this.#written ??= this.#endOutput();
    return true;
  }

  /**
   * Ends the outgoing stream, and does not wait for the incoming one to end. Messages that were sent are written first.
   * With a `reason`, a peer that does not read gets only a short time.
   */
  async close(reason?: Failure): Promise<void> {
    this.#ended = true;
    this.#written ??= this.#endOutput();
    if (reason !== undefined) this.#written = waitAtMost(this.#written, UNREAD_TIMEOUT);
    await this.#written;
    this.#finish(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #endOutput(): Promise<void> {
    this.#outputEnded = true;
    await this.#writer.flush();
    await this.#sink.close().catch(() => {}); // it may be closed already
  }

  async #read(receiver: Receiver): Promise<void> {
    const { maxMessage, tooLong } = this.#options;
    const dropped = (excerpt: Uint8Array) => this.#answer(new Message(excerpt), receiver);
    const lines = new LineSplitter(maxMessage, tooLong, dropped);
    while (await this.#readSome(lines, receiver));
    const rest = lines.end();
    if (rest !== undefined && !this.#ended) void this.#deliver(rest, receiver);
  }

  /**
   * Reads one chunk and hands on its lines. Resolves with whether there may be more. This is a function of its own to
   * free the lines while the next chunk is awaited: a suspended async function keeps the values of all its variables,
   * even those out of scope.
   */
  async #readSome(lines: LineSplitter, receiver: Receiver): Promise<boolean> {
    if (this.#ended) return false;
    const chunk = await (this.#ahead ?? this.#next());
    this.#ahead = undefined;
    if (chunk === undefined || this.#ended) return false;
    for (const line of lines.push(chunk)) {
      const wait = this.#deliver(line, receiver);
      if (wait !== undefined) {
        // Reads one chunk ahead, to see the end of the stream even while the receiver is not ready.
        const ahead = this.#ahead ??= this.#next();
        await Promise.race([wait, ahead.then((next) => next === undefined ? undefined : wait)]);
      }
      if (this.#ended) return false;
    }
    return true;
  }

  /** The next bytes; `undefined` at the end. For MCP on stdio, a failed read is the end of the stream. */
  #next(): Promise<Uint8Array | undefined> {
    return this.#source.read().catch(() => undefined);
  }

  #deliver(line: Uint8Array, receiver: Receiver): Promise<void> | void {
    if (isBlank(line)) return;
    const message = new Message(this.#first ? withoutByteOrderMark(line) : line);
    this.#first = false;
    if (message.kind !== "malformed") return receiver(message);
    const { skipped, refused } = this.#options;
    if (skipped !== undefined) return skipped(line);
    refused?.();
    const answer = parseErrorFor(line);
    if (answer !== undefined) void this.send(answer);
  }

  /** Answers a request that was too long. A response that was too long is replaced by an error response. */
  #answer(message: Message, receiver: Receiver): void {
    if (this.#ended) return;
    const maximum = this.#options.maxMessage;
    const text = `The message is longer than ${maximum} bytes, which is what --max-message allows`;
    const failure = new Failure("too-large", text, { maximum });
    for (const answer of failureResponses(failure, requestsIn(message))) void this.send(answer);
    for (const answer of failureResponses(failure, responsesIn(message))) void receiver(answer);
  }

  #fail(cause: unknown): void {
    this.#ended = true;
    this.#finish(new Failure("session-ended", `Nothing more can be written: ${errorText(cause)}`, {}, { cause }));
  }

  #finish(reason: Failure | undefined): void {
    this.#end.resolve(reason);
  }
}

/** Some shells and runtimes on Windows write a byte order mark before everything else. */
function withoutByteOrderMark(line: Uint8Array): Uint8Array {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line;
}

function isBlank(line: Uint8Array): boolean {
  for (const byte of line) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}
