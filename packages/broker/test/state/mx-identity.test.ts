// SPDX-License-Identifier: Apache-2.0
// mx-identity.test - the key of a request goes with it to whichever worker, and each is told of the attempts before

import { describe, expect, test } from '@jest/globals';
import { MxTestPeer, mxSetup as setup } from '../support/state-mx.js';
import { Bench, INTERVAL } from '../support/state-peers.js';

/** Another worker, which takes all that there is. */
function next(bench: Bench, id: string): MxTestPeer {
  return new MxTestPeer(bench, id).tell({ ready: 's', credit: 9 });
}

describe('a request that says nothing of itself', () => {
  test('is given to its first worker without a word', () => {
    const { client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1 });
    expect(worker.heard()).toEqual(['request 1 s: x']);
  });

  test('tells the next worker all the same that one was lost with it', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1 });
    bench.advance(4 * INTERVAL);
    expect(next(bench, 'w2').heard()).toEqual(['request 1 s: x (1 before, "")']);
  });

  test('so does one of a strict client', () => {
    const bench = new Bench();
    const worker = next(bench, 'w');
    bench.client('c').request('s', 'a');
    worker.hear();
    bench.advance(4 * INTERVAL);
    expect(next(bench, 'w2').heard()).toEqual(['request 1 s: a (1 before, "")']);
  });
});

describe('what a client says', () => {
  test.each([
    [{ key: 'k' }, '(0 before, "k")'],
    [{ key: 'k', before: 3 }, '(3 before, "k")'],
    [{ before: 1 }, '(1 before, "")'],
    [{ trace: 'some trace' }, '(0 before, "", of some trace)'],
    [{ key: 'k', before: 1, trace: '?' }, '(1 before, "k", of ?)'],
  ])('%j reaches a worker that waits, and one that comes later', (said, told) => {
    const { client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1, ...said }, { request: 's', id: 2, ...said });
    expect(worker.heard()).toEqual([`request 1 s: x ${told}`]);
    worker.tell({ final: 1 });
    expect(worker.heard()).toEqual([`request 2 s: x ${told}`]);
  });

  test('has the attempts of this broker added to it', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1, key: 'k', before: 2, trace: 't' });
    worker.hear();
    bench.advance(4 * INTERVAL);
    expect(next(bench, 'w2').heard()).toEqual(['request 1 s: x (3 before, "k", of t)']);
  });

  test('is not counted beyond 255', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1, before: 255 });
    bench.advance(4 * INTERVAL);
    expect(next(bench, 'w2').heard()).toEqual(['request 1 s: x (255 before, "")']);
  });

  test('is nothing that a strict worker is told', () => {
    const { bench, client } = setup();
    const strict = bench.worker('w').ready('s');
    client.tell({ request: 's', id: 1, key: 'k', before: 2, trace: 't' });
    expect(strict.takeShort()).toEqual(['request x']);
  });
});

describe('an attempt', () => {
  test('that a worker gave back is told of: it may have begun', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1, key: 'k' });
    worker.tell('disconnect');
    expect(next(bench, 'w2').heard()).toEqual(['request 1 s: x (1 before, "k")']);
  });

  test('that could not be delivered is not: nobody has seen it', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1, key: 'k' });
    const [sent] = worker.takeSent();
    if (sent === undefined) throw new Error('it was sent');
    bench.unreachable(sent);
    bench.drained();
    expect(next(bench, 'w2').heard()).toEqual(['request 1 s: x (0 before, "k")']);
  });
});

test('the memory of a key counts as that of a frame, and that of a trace', () => {
  const { bench, client } = setup();
  client.tell({ request: 's', id: 1 });
  const plain = bench.state.dispatcher.queuedBytes;
  client.tell({ request: 's', id: 2, key: 'twelve bytes' });
  expect(bench.state.dispatcher.queuedBytes).toBe(2 * plain + 412);
  client.tell({ request: 's', id: 3, key: 'twelve bytes', trace: 'eleven byte' });
  expect(bench.state.dispatcher.queuedBytes).toBe(3 * plain + 2 * 412 + 411);
  client.tell({ cancel: 1 }, { cancel: 2 }, { cancel: 3 });
  expect(bench.state.dispatcher.queuedBytes).toBe(0);
});
