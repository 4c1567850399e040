/**
 * The same test against every kind of broker.
 *
 * @module
 */
import { embeddedBroker, type TestBroker } from "./embedded_broker.ts";
import { MOSQUITTO, mosquitto } from "./mosquitto.ts";

const KINDS: readonly [kind: string, start: () => Promise<TestBroker>][] = [
  ["embedded", embeddedBroker],
  ...(MOSQUITTO === undefined ? [] : [["mosquitto", mosquitto] as [string, () => Promise<TestBroker>]]),
];

/** Declares a test for the embedded broker and, if it is installed, for mosquitto. */
export function testOnBrokers(name: string, body: (broker: TestBroker) => Promise<void>): void {
  for (const [kind, start] of KINDS) {
    Deno.test(`${name} [${kind}]`, async () => {
      await using broker = await start();
      await body(broker);
    });
  }
}

/** Declares a test for mosquitto alone, ignored when it is not installed. */
export function testOnMosquitto(name: string, body: () => Promise<void>): void {
  Deno.test({ name: `${name} [mosquitto]`, ignore: MOSQUITTO === undefined, fn: body });
}
