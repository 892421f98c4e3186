// SPDX-License-Identifier: Apache-2.0
// replies.test - what a handler returns, yields or throws, as the broker sees it

import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { Frame } from '@mdp/protocol';
import { RemoteError, byteLength } from '@mdp/protocol';
import { waitUntil } from '@mdp/testkit';
import { Router } from 'zeromq';
import type { Handler, WorkerOptions, WorkerRequest } from '../../src/index.js';
import { Gate, HandBroker, onEnd, startWorker } from './support.js';

/** Start a worker, send it one request, and give back what the broker got for it. */
async function replyOf(handler: Handler, options: WorkerOptions = {}): Promise<string[][]> {
  const broker = await HandBroker.bind(options.dialect);
  await startWorker(broker.endpoint, handler, options);
  const peer = await broker.ready();
  await broker.request(peer, 't1', 'a', 'b');
  const reply = await broker.reply(peer, 't1');
  // Exactly one FINAL: the next request's is the next one that comes.
  await broker.request(peer, 't2', 'a', 'b');
  expect(await broker.reply(peer, 't2')).toEqual(reply);
  return reply;
}

async function* parts(...bodies: (string | string[])[]): AsyncGenerator<string | string[], string, undefined> {
  for (const body of bodies) yield Promise.resolve(body);
  return 'end';
}

const REPLIES: [string, Handler, string[][]][] = [
  ['a frame', () => 'x', [['x']]],
  ['bytes', () => Buffer.from('x'), [['x']]],
  ['several frames', () => ['x', Buffer.from('y')], [['x', 'y']]],
  ['the frames of the request', (request) => request.body, [['a', 'b']]],
  ['nothing', () => undefined, [['']]],
  ['a promise', async () => ['x'], [['x']]],
  ['a promise of nothing', async () => undefined, [['']]],
  ['a stream that is promised', async () => parts('1'), [['1'], ['end']]],
  ['something to iterate over', () => Readable.from([Buffer.from('1'), Buffer.from('2')]), [['1'], ['2'], ['']]],
];

describe('exactly one FINAL follows (MDP-W-17)', () => {
  test.each(REPLIES)('%s', async (_, handler, reply) => {
    expect(await replyOf(handler)).toEqual(reply);
  });
});

describe('a generator sends PARTIALs, in order (MDP-W-16)', () => {
  test.each([[0], [1], [1_000]])('%i of them', async (count) => {
    const bodies = Array.from({ length: count }, (_, i) => String(i));
    expect(await replyOf(() => parts(...bodies))).toEqual([...bodies.map((body) => [body]), ['end']]);
  });

  test('that returns nothing ends with an empty FINAL', async () => {
    const handler = async function* () {
      yield ['1', 'one'];
    };
    expect(await replyOf(handler)).toEqual([['1', 'one'], ['']]);
  });

  test('need not be asynchronous', async () => {
    const handler = function* () {
      yield '1';
      return '2';
    };
    expect(await replyOf(handler)).toEqual([['1'], ['2']]);
  });
});

const FAILURES: [string, Handler, string, string][] = [
  [
    'thrown at once',
    () => {
      throw new Error('no such size');
    },
    '500',
    'no such size',
  ],
  ['rejected', () => Promise.reject(new Error('no such size')), '500', 'no such size'],
  ['with a status of its own', () => Promise.reject(new RemoteError(400, 'no such size')), '400', 'no such size'],
  [
    'with a status of the broker',
    () => Promise.reject(new RemoteError(404, 'gone')),
    '500',
    'gone (status 404 is for brokers only)',
  ],
  [
    'a reply that is none',
    () => 42 as never,
    '500',
    'reply: got 42, allowed is a string, a Uint8Array, or an array of these',
  ],
];

describe('a failure becomes an error reply (MDP-W-17)', () => {
  test.each(FAILURES)('%s', async (_, handler, status, message) => {
    expect(await replyOf(handler)).toEqual([['MDPE01', status, message]]);
  });

  test('thrown in the middle of a stream', async () => {
    const handler = async function* () {
      yield '1';
      throw new Error('out of paper');
    };
    expect(await replyOf(handler)).toEqual([['1'], ['MDPE01', '500', 'out of paper']]);
  });

  test('yielded in the middle of a stream, which is told', async () => {
    let told = 0;
    const handler = async function* () {
      try {
        yield '1';
        yield 2 as never;
      } finally {
        told++;
      }
    };
    const [first, last] = await replyOf(handler);
    expect(first).toEqual(['1']);
    expect(last?.slice(0, 2)).toEqual(['MDPE01', '500']);
    expect(told).toBe(2);
  });

  test('is told to listeners, with the request', async () => {
    const broker = await HandBroker.bind();
    const error = new Error('no such size');
    const worker = await startWorker(broker.endpoint, () => Promise.reject(error));
    const failures: [unknown, WorkerRequest][] = [];
    worker.on('handlerError', (thrown, request) => failures.push([thrown, request]));
    const peer = await broker.ready();
    await broker.request(peer, 't1', 'a');
    expect(await broker.failure()).toEqual({ status: 500, message: 'no such size' });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.[0]).toBe(error);
    expect(failures[0]?.[1]).toMatchObject({ service: 'echo', endpoint: broker.endpoint, body: [Buffer.from('a')] });
    expect(worker.stats().counters).toMatchObject({ requests: 1, finals: 1, errorReplies: 1 });
  });

  test.each(['majortomo', 'mdp01'] as const)(
    'in dialect %s it is DISCONNECT and a new READY, for a client would take it for a result',
    async (dialect) => {
      const broker = await HandBroker.bind(dialect);
      const worker = await startWorker(broker.endpoint, () => Promise.reject(new Error('no')), { dialect });
      const peer = await broker.ready();
      await broker.request(peer, 't1');
      expect((await broker.take('disconnect')).peer).toBe(peer);
      expect(await broker.ready()).not.toBe(peer);
      expect(worker.stats().counters).toMatchObject({ finals: 0, errorReplies: 0, dropped: { withheld: 1 } });
    },
  );

  test('in dialect majortomo it is an error reply all the same where that is wished for', async () => {
    const reply = await replyOf(() => Promise.reject(new Error('no')), {
      dialect: 'majortomo',
      errorReplies: 'always',
    });
    expect(reply).toEqual([['MDPE01', '500', 'no']]);
  });
});

describe('dialect mdp01, which has no PARTIAL', () => {
  test('gets one REPLY with all that was yielded and returned', async () => {
    const reply = await replyOf(() => parts('1', ['2', '3'], []), { dialect: 'mdp01' });
    expect(reply).toEqual([['1', '2', '3', 'end']]);
  });

  test('gets an error when it would be too long, and the stream is broken off', async () => {
    let yielded = 0;
    let told = 0;
    const handler = async function* () {
      try {
        for (; yielded < 1_000; yielded++) yield 'xxxx';
      } finally {
        told++;
      }
    };
    const reply = await replyOf(handler, { dialect: 'mdp01', maxJoinedBytes: 10, errorReplies: 'always' });
    expect(reply).toEqual([['MDPE01', '413', 'the parts of the reply make more than 10 bytes']]);
    expect(yielded).toBeLessThan(10);
    expect(told).toBe(2);
  });
});

describe('what a handler gets', () => {
  test('the body frame by frame, the service, the broker, and how old the request is', async () => {
    const broker = await HandBroker.bind();
    const got: WorkerRequest[] = [];
    await startWorker(broker.endpoint, (request) => {
      got.push(request);
      return String(request.ageMs >= 0 && request.receivedAt <= performance.now());
    });
    const peer = await broker.ready();
    await broker.request(peer, 't1', Buffer.from([0, 255]), '', 'c');
    expect(await broker.reply(peer, 't1')).toEqual([['true']]);
    expect(got[0]).toMatchObject({ service: 'echo', endpoint: broker.endpoint });
    expect(got[0]?.body.map((frame) => [...frame])).toEqual([[0, 255], [], [99]]);
    expect(Buffer.from(got[0]?.token ?? []).toString()).toBe('t1');
  });

  test('a signal that is aborted when the broker is lost; then its reply goes nowhere', async () => {
    const broker = await HandBroker.bind();
    const gate = new Gate();
    const reasons: unknown[] = [];
    const worker = await startWorker(broker.endpoint, async (_, { signal }) => {
      signal.addEventListener('abort', () => {
        reasons.push(signal.reason);
      });
      await gate.passed;
      return 'late';
    });
    const peer = await broker.ready();
    await broker.request(peer, 't1');
    await waitUntil('the request to run', () => worker.stats().busy === 1);
    await broker.signal(peer, 'disconnect');
    const next = await broker.ready();
    expect(reasons).toEqual([expect.objectContaining({ code: 'MDP_DISCONNECTED', service: 'echo' })]);
    expect(worker.stats().orphans).toBe(1);
    gate.open();
    await waitUntil('the handler to end', () => worker.stats().orphans === 0);
    await broker.request(next, 't2');
    expect(await broker.reply(next, 't2')).toEqual([['late']]);
    expect(worker.stats().counters).toMatchObject({ requests: 2, finals: 1, dropped: { replies: 1 } });
  });

  test('a signal that is asked for too late is aborted already', async () => {
    const broker = await HandBroker.bind();
    const gate = new Gate();
    const aborted: boolean[] = [];
    const worker = await startWorker(broker.endpoint, async (request) => {
      await gate.passed;
      aborted.push(request.signal.aborted);
    });
    const peer = await broker.ready();
    await broker.request(peer, 't1');
    await waitUntil('the request to run', () => worker.stats().busy === 1);
    await broker.signal(peer, 'disconnect');
    await waitUntil('the loss to be noticed', () => worker.stats().orphans === 1);
    gate.open();
    await waitUntil('the handler to end', () => worker.stats().orphans === 0);
    expect(aborted).toEqual([true]);
  });

  test('the end of its generator, when the broker is lost in the middle of a stream', async () => {
    const broker = await HandBroker.bind();
    let told = false;
    const worker = await startWorker(broker.endpoint, async function* () {
      try {
        for (let i = 0; ; i++) {
          yield String(i);
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        told = true;
      }
    });
    const peer = await broker.ready();
    await broker.request(peer, 't1');
    await broker.take('partial');
    await broker.signal(peer, 'disconnect');
    await waitUntil('the generator to be told', () => told);
    expect(worker.stats().counters.finals).toBe(0);
  });
});

describe('a stream without end', () => {
  test('lets everything else in the process happen, as long as it is read', async () => {
    const broker = await HandBroker.bind();
    let told = false;
    const worker = await startWorker(broker.endpoint, async function* () {
      try {
        for (;;) yield 'part';
      } finally {
        told = true;
      }
    });
    const peer = await broker.ready();
    await broker.request(peer, 't1');
    await waitUntil('some of it', () => worker.stats().counters.partials > 1_000);
    await broker.signal(peer, 'disconnect');
    expect(await broker.ready()).not.toBe(peer);
    await waitUntil('the generator to be told', () => told);
  });

  test('of empty parts ends in dialect mdp01, which joins them', async () => {
    const options = { dialect: 'mdp01', maxJoinedBytes: 10_000, errorReplies: 'always' } as const;
    const [[header, status] = []] = await replyOf(async function* () {
      for (;;) yield '';
    }, options);
    expect([header, status]).toEqual(['MDPE01', '413']);
  });
});

describe('back-pressure', () => {
  test('a broker that does not read stops the stream; when it reads, nothing is missing', async () => {
    const router = new Router({ linger: 0, receiveHighWaterMark: 1 });
    onEnd(() => {
      router.close();
    });
    await router.bind('tcp://127.0.0.1:*');
    const count = 2_000;
    const bulk = Buffer.alloc(64 * 1024);
    let yielded = 0;
    const worker = await startWorker(
      router.lastEndpoint ?? '',
      async function* () {
        for (; yielded < count; yielded++) yield [String(yielded), bulk];
        return 'end';
      },
      { sendHighWaterMark: 10, lingerMs: 0 },
    );
    const [id] = await router.receive();
    await router.send([id ?? '', 'MDPW02', Buffer.of(2), 'token', '', 'body']);
    let last = -1;
    let still = 0;
    await waitUntil('the stream to stand still', () => {
      still = yielded === last && yielded > 0 ? still + 1 : 0;
      last = yielded;
      return still > 25;
    });
    expect(yielded).toBeLessThan(count);
    expect(worker.stats().busy).toBe(1);
    const numbers: string[] = [];
    let bytes = 0;
    for (;;) {
      const [, , command, , , number, body] = await router.receive();
      if (command?.[0] === 5) continue;
      if (command?.[0] === 4) break;
      numbers.push(String(number));
      bytes += byteLength([body as Frame]);
    }
    expect(numbers).toEqual(Array.from({ length: count }, (_, i) => String(i)));
    expect(bytes).toBe(count * bulk.length);
  });
});
