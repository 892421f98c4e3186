// SPDX-License-Identifier: Apache-2.0
// index - the public interface of @mdp/broker-cli: what scripts around the command need

export type { ExitCode } from './exit-codes.js';
export { EXIT_CODES } from './exit-codes.js';
export type { JsonSchema } from './value-kinds.js';
export { configSchema } from './config-schema.js';
