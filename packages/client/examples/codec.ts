// SPDX-License-Identifier: Apache-2.0
// codec - another codec than JSON, and a typed client in a test of one's own code

import assert from 'node:assert/strict';
import { MockClient } from '@mdp/client/mock';

interface Services {
  sum: { request: { terms: number[] }; reply: number };
}

// #region codec
import type { Codec } from '@mdp/client';
import { decode, encode } from '@msgpack/msgpack';

const msgpack: Codec = { encode: (value) => encode(value), decode: ([frame]) => decode(frame) };
// #endregion

// #region mock
import { type ClientLike, json } from '@mdp/client';

async function average(client: ClientLike, terms: number[]): Promise<number> {
  return (await client.with<Services>(json).request('sum', { terms })) / terms.length;
}

const mock = new MockClient();
const services = mock.with<Services>(json);

services.reply('sum', { final: 6 });
assert.equal(await average(mock, [1, 2, 3]), 2);
assert.deepEqual(json.decode(mock.requests[0].body), { terms: [1, 2, 3] });

services.reply('sum', { fail: 'timeout' });
await assert.rejects(average(mock, []), { code: 'MDP_TIMEOUT' });

services.reply('sum', ({ terms }) => terms.reduce((a, b) => a + b));
assert.equal(await average(mock, [1, 5]), 3);
// #endregion

mock.reply('sum', encode(6));
assert.equal(await mock.with<Services>(msgpack).request('sum', { terms: [1, 2, 3] }), 6);
assert.deepEqual(decode(mock.requests[3].body[0]), { terms: [1, 2, 3] });
await mock.close();
