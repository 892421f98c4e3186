// SPDX-License-Identifier: Apache-2.0
// mock - a test of one's own code, without a broker

import assert from 'node:assert/strict';

// #region code
import { text } from '@mdp/client';

/** @param {import('@mdp/client').ClientLike} client */
async function thumbnailOf(client, image) {
  try {
    const [thumbnail] = await client.request('resize', [image, '200'], { timeoutMs: 2_000 });
    return thumbnail;
  } catch (error) {
    if (error.code === 'MDP_TIMEOUT') return undefined;
    throw error;
  }
}
// #endregion

// #region mock
import { RemoteError } from '@mdp/client';
import { MockClient } from '@mdp/client/mock';

const client = new MockClient();

client.reply('resize', 'small');
assert.equal(text(await thumbnailOf(client, 'large')), 'small');
assert.deepEqual(client.requests[0].body.map(text), ['large', '200']);

client.reply('resize', { fail: 'timeout' }); // MDP_TIMEOUT at once: the test does not wait for it
assert.equal(await thumbnailOf(client, 'large'), undefined);

client.reply('resize', { fail: new RemoteError(400, 'no image') });
await assert.rejects(thumbnailOf(client, 'text'), { code: 'MDP_REMOTE', status: 400 });
// #endregion

// #region answers
client.reply('report', { delayMs: 10, partials: ['line 1', ['line', '2']], final: 'end' });
client.reply('flaky', { fail: 'disconnect' }, 'the second time'); // one answer for each attempt, the last one stays
client.reply('sum', ({ body }) =>
  String(
    body
      .map(text)
      .map(Number)
      .reduce((a, b) => a + b),
  ),
);
client.reply('count', async function* ({ body }) {
  for (let i = 1; i < Number(text(body[0])); i++) yield String(i);
  return 'done';
});
// #endregion

const parts = [];
for await (const [frame] of client.request('report', '')) parts.push(text(frame));
assert.deepEqual(parts, ['line 1', 'line', 'end']);
const retry = { attempts: 2, baseMs: 1 };
assert.equal(text((await client.request('flaky', '', { retry }))[0]), 'the second time');
assert.equal(text((await client.request('sum', ['1', '2']))[0]), '3');
assert.equal((await client.request('count', '3')).length, 3);
await client.close();
