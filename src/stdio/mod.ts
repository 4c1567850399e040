/** Lines on byte streams as channels: our own stdio, and child processes. @module */
export { type ByteSink, type ByteSource, resumed } from "./byte_pipes.ts";
export { ChildPipes } from "./child_pipes.ts";
export { ChildProcess, type ChildProcessOptions } from "./child_process.ts";
export { childEnvironment, INHERITED_VARIABLES } from "./environment.ts";
export { findCommand, whyNotFound } from "./find_command.ts";
export { LineChannel, type LineChannelOptions, lineRefused, lineTooLong } from "./line_channel.ts";
export { OrphanWatch } from "./orphan_watch.ts";
export { ownInput, ownOutput } from "./own_stdio.ts";
