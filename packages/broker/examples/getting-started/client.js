// SPDX-License-Identifier: Apache-2.0
// client - requests to both services of worker.js, one after the other and all at once, and what fails

// #region client
import { Client, text } from '@mdp/client';

const endpoint = process.env.MDP_BROKER_URL ?? 'tcp://127.0.0.1:5555';
const client = new Client(endpoint, { timeoutMs: 5_000 });

// The whole reply.
const frames = await client.request('upper', ['hello', 'world']);
console.log(frames.map((frame) => text(frame)));

// Part by part, as they come.
for await (const [part] of client.request('countdown', ['3'])) console.log(text(part));

// Many at once.
const replies = await Promise.all(['a', 'b', 'c'].map((word) => client.request('upper', [word])));
console.log(replies.map(([frame]) => text(frame)));

// What fails says why: `code` is stable, `message` is for people.
for (const [service, word] of [
  ['countdown', 'abc'],
  ['nobody', '?'],
]) {
  try {
    await client.request(service, [word], { timeoutMs: 1_000 });
  } catch (error) {
    console.log(service, error.code, error.status ?? '', error.message);
  }
}

await client.close();
// #endregion
