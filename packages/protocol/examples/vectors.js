// SPDX-License-Identifier: Apache-2.0
// vectors - a codec held against the vectors that ship with the package

// #region vectors
import { decodeAtBroker } from '@mdp/protocol';
import file from '@mdp/protocol/vectors/client-to-broker.json' with { type: 'json' };

for (const { id, frames, message, invalid } of file.vectors) {
  const decoded = decodeAtBroker(frames.map(({ hex }) => Uint8Array.from(Buffer.from(hex, 'hex'))));
  const expected = message?.type ?? 'invalid';
  if (decoded.type !== expected || decoded.reason !== invalid) throw new Error(`${id}: got ${decoded.type}`);
}
console.log(file.vectors.length > 0, file.title); // true What clients send to a broker
// #endregion
