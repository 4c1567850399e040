/**
 * The Prometheus text exposition format 0.0.4, read as strictly as it is written down.
 *
 * @module
 */
import assert from "node:assert/strict";

/** A metric family. */
export interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Values by the name of the sample and its labels, as they stand. */
  readonly samples: Map<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const HELP = new RegExp(`^# HELP (${NAME}) (\\S.*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const LABEL = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"`;
const SAMPLE = new RegExp(`^((${NAME})(?:\\{${LABEL}(?:,${LABEL})*\\})?) (\\S+)$`);

/** Reads an exposition. Every line has to be understood, and every sample has to have its HELP and TYPE before it. */
export function readMetrics(text: string): Map<string, Family> {
  assert.ok(text.endsWith("\n"), "the last line ends as well");
  const families = new Map<string, Family>();
  let help: [name: string, text: string] | undefined;
  let current: [name: string, family: Family] | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, helpName, helpText] = HELP.exec(line) ?? [];
    const [, typeName, type] = TYPE.exec(line) ?? [];
    const [, sample, name, value] = SAMPLE.exec(line) ?? [];
    if (helpName !== undefined && helpText !== undefined) {
      assert.ok(!families.has(helpName), `${helpName} is there once`);
      help = [helpName, helpText];
    } else if (typeName !== undefined) {
      assert.equal(help?.[0], typeName, "HELP stands before TYPE");
      current = [typeName, { type: type as Family["type"], help: help?.[1] ?? "", samples: new Map() }];
      families.set(...current);
    } else if (sample !== undefined && name !== undefined && value !== undefined) {
      assert.ok(current !== undefined, `${line} belongs to a family`);
      const suffixes = current[1].type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      assert.ok(suffixes.some((suffix) => name === current?.[0] + suffix), `${name} belongs to ${current[0]}`);
      assert.ok(!current[1].samples.has(sample), `${sample} is there once`);
      assert.ok(/^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(value), `${value} is a number`);
      current[1].samples.set(sample, Number(value));
    } else {
      assert.fail(`This is no line of the format: ${line}`);
    }
  }
  return families;
}

/** The value of a metric that has one. */
export function valueOf(families: Map<string, Family>, name: string): number {
  const value = families.get(name)?.samples.get(name);
  assert.ok(value !== undefined, `${name} is there`);
  return value;
}

/** The values of a metric with labels, together. */
export function sumOf(families: Map<string, Family>, name: string): number {
  const family = families.get(name);
  assert.ok(family !== undefined, `${name} is there`);
  return [...family.samples.values()].reduce((sum, value) => sum + value, 0);
}
