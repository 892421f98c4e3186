// SPDX-License-Identifier: Apache-2.0
// hostile - what the decoders make of bytes that are no message

// #region hostile
import { bytes, decodeAtBroker } from '@mdp/protocol';

const message = decodeAtBroker([bytes('route-1'), bytes('MDPC02'), Uint8Array.of(9), bytes('echo'), bytes('x')], 1);
if (message.type === 'invalid') console.log('dropped:', message.reason); // dropped: unknown-command
// #endregion
