/** Lines on byte streams as channels: our own stdio, and child processes. @module */
export { ChildPipes } from "./child_pipes.ts";
export { ChildProcess, type ChildProcessOptions } from "./child_process.ts";
export { childEnvironment, INHERITED_VARIABLES } from "./environment.ts";
export { findCommand } from "./find_command.ts";
export { type ByteSource, LineChannel, type LineChannelOptions, lineTooLong } from "./line_channel.ts";
export type { ByteSink } from "./line_writer.ts";
export { ownInput, ownOutput } from "./own_stdio.ts";
export { resumed } from "./resumed.ts";
