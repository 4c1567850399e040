/** Sinks of the event stream. @module */
export { type Log, type LogOptions, startLog } from "./log.ts";
