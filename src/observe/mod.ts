/** Sinks of the event stream. @module */
export { lossyOutput } from "./lossy_output.ts";
export { errorOutput, type Log, type LogOptions, startLog } from "./log.ts";
export { type Observation, observation, type ObservationOptions } from "./observation.ts";
