/**
 * Which topics are in use on a broker.
 *
 * @module
 */
import type { Failure } from "../../core/failure.ts";
import type { Received } from "./arrivals.ts";
import type { Listener } from "./subscriptions.ts";

/** How many topics one survey counts. */
const MOST_TOPICS = 100_000;

/** How many surveys are remembered, so that calls can read on in them. */
const REMEMBERED = 4;

/** What is known of a topic. */
export interface SurveyedTopic {
  readonly topic: string;
  /** How many messages came. */
  readonly count: number;
  /** Bytes of the last payload. */
  readonly last_size: number;
  /** Whether the broker keeps a value. */
  readonly retained: boolean;
}

/** Counts messages by topic. */
export class Survey implements Listener {
  /** Rejects when the broker ends the subscription. */
  readonly refusal: Promise<never>;
  /** How many more topics there were than are counted; at least. */
  uncounted = 0;
  readonly #refuse: (failure: Failure) => void;
  readonly #topics = new Map<string, SurveyedTopic>();

  constructor() {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // nobody may be waiting
    this.refusal = promise;
    this.#refuse = reject;
  }

  get size(): number {
    return this.#topics.size;
  }

  /** The topics, sorted by name. */
  get topics(): readonly SurveyedTopic[] {
    return [...this.#topics.values()].sort((a, b) => a.topic < b.topic ? -1 : 1);
  }

  /** Adds a topic on which nothing has arrived. */
  expect(topic: string): void {
    if (!this.#topics.has(topic)) this.#topics.set(topic, { topic, count: 0, last_size: 0, retained: false });
  }

  live(message: Received): void {
    this.#count(message, 1);
  }

  retained(message: Received): void {
    // The broker may send a retained message again, because somebody else has subscribed.
    this.#count(message, this.#topics.get(message.topic)?.retained === true ? 0 : 1);
  }

  refused(failure: Failure): void {
    this.#refuse(failure);
  }

  #count({ topic, payload, retain }: Received, increment: number): void {
    const known = this.#topics.get(topic);
    if (known === undefined && this.#topics.size >= MOST_TOPICS) {
      this.uncounted = 1;
      return;
    }
    this.#topics.set(topic, {
      topic,
      count: (known?.count ?? 0) + increment,
      last_size: payload.length,
      retained: retain || known?.retained === true,
    });
  }
}

/** A survey that is over, with what was said about it. */
export interface FinishedSurvey {
  readonly topics: readonly SurveyedTopic[];
  readonly interrupted: boolean;
}

/** The latest surveys. A call reads the topics that had no room in an answer from here, without listening again. */
export class Surveys {
  readonly #finished = new Map<string, FinishedSurvey>();
  #lastNumber = 0;

  /** Remembers a survey. Returns its name. */
  add(survey: FinishedSurvey): string {
    const name = `${++this.#lastNumber}`;
    this.#finished.set(name, survey);
    const [oldest] = this.#finished.keys();
    if (this.#finished.size > REMEMBERED && oldest !== undefined) this.#finished.delete(oldest);
    return name;
  }

  /** The survey of a name, if it is remembered. */
  get(name: string): FinishedSurvey | undefined {
    return this.#finished.get(name);
  }
}
