// SPDX-License-Identifier: Apache-2.0
// index - everything that tests of the other packages use

export { FakeClock } from './clock.js';
export type { CodeBlock, RunExampleOptions } from './examples.js';
export { codeBlocks, exampleText, runExample } from './examples.js';
export { freePort } from './ports.js';
export type { ProcessEnd, ProcessEvent, ProcessOptions, RunResult } from './processes.js';
export { TestProcess, run } from './processes.js';
export type { Majortomo } from './python.js';
export { findMajortomo } from './python.js';
export type { RawFrame } from './raw-peer.js';
export { RawBroker, RawPeer } from './raw-peer.js';
export { DEADLINE_MS, waitUntil } from './wait.js';
export { ZMTP_GREETING, zmtpReady, zmtpSocketType } from './zmtp.js';
