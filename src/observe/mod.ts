/** Sinks of the event stream. @module */
export { type Log, type LogOptions, startLog } from "./log.ts";
export { type Observation, observation, type ObservationOptions } from "./observation.ts";
