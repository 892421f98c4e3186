// SPDX-License-Identifier: Apache-2.0
// internal - what the sibling packages share beyond the public interface; without any promise of stability

export type { BackoffOptions } from './backoff.js';
export { backoffMs } from './backoff.js';
export { ClientIds, clientOf } from './client-id.js';
export type { Deadline } from './deadline-heap.js';
export { DeadlineHeap } from './deadline-heap.js';
export { ownFrame } from './frame.js';
export { checkContract, schemaFor } from './contract.js';
export type { ConnectEvent, Refusal } from './handshake.js';
export { HandshakeReader, MOST_CLOSINGS, closedInARow } from './handshake.js';
export { IdMap } from './id-map.js';
export { latencyBucket } from './latency.js';
export type { KeyFile } from './key-file.js';
export { formatKeyFile, parseKeyFile } from './key-file.js';
export {
  MAX_DURATION_MS,
  booleanOption,
  choiceOption,
  dialectOption,
  durationOption,
  endpointOption,
  endpointsOption,
  integerOption,
  numberOption,
  refuseUnknownOptions,
} from './options.js';
export { readPayload, reasonOf, validate, writePayload } from './payload.js';
export { checkCodec } from './payload-codec.js';
export type { ValueSteps } from './served-payloads.js';
export { ServedPayloads } from './served-payloads.js';
export { isStandardSchema } from './standard-schema.js';
export { didYouMean } from './suggest.js';
export { Z85_KEY_LENGTH, decodeZ85, encodeZ85, isZ85Key } from './z85.js';
