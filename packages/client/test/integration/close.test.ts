// SPDX-License-Identifier: Apache-2.0
// close.test - how a client ends, and what keeps a process alive

import { describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { text } from '@mdp/protocol';
import { TestProcess } from '@mdp/testkit';
import { Client } from '../../src/index.js';
import { ToyBroker } from './toy-broker.js';

describe('close()', () => {
  test('ends what is under way and what waits with MDP_CLOSED', async () => {
    await using broker = await ToyBroker.bind();
    const client = new Client(broker.endpoint, { wire: 'rfc18', maxSockets: 1 });
    const sent = client.request('echo', 'a');
    const queued = client.request('echo', 'b');
    const stream = client.request('report', 'c');
    const part = stream.receivePart();
    const failures = Promise.all([
      expect(sent).rejects.toMatchObject({ code: 'MDP_CLOSED', attempts: 1 }),
      expect(queued).rejects.toMatchObject({ code: 'MDP_CLOSED', attempts: 0 }),
      expect(part).rejects.toMatchObject({ code: 'MDP_CLOSED' }),
    ]);
    await broker.next();
    await client.close();
    await failures;
    expect(client.stats()).toMatchObject({ pending: 0, queued: 0, endpoints: [{ open: 0 }] });
  });

  test('refuses new requests with MDP_CLOSED', async () => {
    const client = new Client('tcp://127.0.0.1:1', { wire: 'rfc18' });
    await client.close();
    await expect(client.request('echo', 'a')).rejects.toMatchObject({ code: 'MDP_CLOSED', attempts: 0 });
  });

  test('may be called again and again', async () => {
    const client = new Client('tcp://127.0.0.1:1', { wire: 'rfc18' });
    await Promise.all([client.close(), client.close({ drainMs: 5_000 }), client[Symbol.asyncDispose]()]);
    await client.close();
  });

  test('with drainMs lets requests end, those that wait among them, and no longer', async () => {
    await using broker = await ToyBroker.bind();
    const client = new Client(broker.endpoint, { wire: 'rfc18', maxSockets: 1 });
    const replies = [client.request('echo', 'a'), client.request('echo', 'b')];
    const first = await broker.next();
    const closing = client.close({ drainMs: 10_000 });
    await expect(client.request('echo', 'c')).rejects.toMatchObject({ code: 'MDP_CLOSED' });
    await first.final('1');
    await (await broker.next()).final('2');
    const start = performance.now();
    await closing;
    expect(performance.now() - start).toBeLessThan(5_000);
    expect((await Promise.all(replies)).flat().map(text)).toEqual(['1', '2']);
  });

  test('ends what outlasts drainMs', async () => {
    await using broker = await ToyBroker.bind();
    const client = new Client(broker.endpoint, { wire: 'rfc18' });
    const reply = client.request('echo', 'a');
    await broker.next();
    await Promise.all([
      expect(reply).rejects.toMatchObject({ code: 'MDP_CLOSED', attempts: 1 }),
      client.close({ drainMs: 30 }),
    ]);
  });

  test.each([{ drainMs: -1 }, { drainMs: 1.5 }, { drain: 1 }])('refuses %j', (options) => {
    const client = new Client('tcp://127.0.0.1:1', { wire: 'rfc18' });
    expect(() => client.close(options as object)).toThrow(expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT' }));
  });
});

describe('a process', () => {
  const script = fileURLToPath(new URL('../fixtures/life.mjs', import.meta.url));

  test.each([
    ['close', 'a closed client does not keep it alive'],
    ['dispose', 'neither does one that went out of scope with await using'],
    ['idle', 'nor an idle one, after idleSocketMs'],
    ['unused', 'nor one that was never used'],
    ['backoff', 'but a request does, even while it only waits to be repeated'],
    ['refused', 'or for a broker that is not there'],
    ['not-let-in', 'but no broker that does not let it in'],
  ])('%s: %s', async (what) => {
    await using broker = await ToyBroker.bind((request) =>
      request.service === 'refuse' ? request.error(503, 'no') : request.final('pong'),
    );
    await using child = TestProcess.node(script, [what, broker.endpoint]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe('');
    expect(child.stdout).toContain('done');
  });

  test.each([
    ['unhandled-await', 'an error that nobody looks at surfaces as an unhandled rejection', 'MDP_TIMEOUT'],
    ['unhandled-late', 'looking a turn too late is too late, as with any promise', 'MDP_TIMEOUT'],
    ['handled-iterate', 'an error that an iteration meets does not', undefined],
    ['handled-aborted', 'nor when it was there before the iteration began', undefined],
    ['handled-left', 'nor when the iteration was left before', undefined],
    ['handled-part', 'nor when parts were read', undefined],
    ['handled-catch', 'nor when there is a catch', undefined],
    ['handled-cancel', 'nor the abort of a stream that is being read', undefined],
  ])('%s: %s', async (what, _, code) => {
    await using broker = await ToyBroker.bind(async (request) => {
      if (request.service === 'stream') await request.partial('a');
    });
    await using child = TestProcess.node(script, [what, broker.endpoint]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    // Node.js says so too, of its own accord.
    expect(child.stderr).toMatch(what === 'unhandled-late' ? /PromiseRejectionHandledWarning/ : /^$/);
    expect(child.events('unhandled')).toEqual(code === undefined ? [] : [{ event: 'unhandled', code }]);
    expect(child.stdout).toContain('done');
  });
});
