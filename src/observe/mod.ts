/** Sinks of the event stream. @module */
export { type Log, type LogOptions, startLog } from "./log.ts";
export { ownNames } from "./status/host_check.ts";
export { observation, type StatusOptions, type TraceOptions } from "./observation.ts";
