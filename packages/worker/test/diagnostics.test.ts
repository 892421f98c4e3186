// SPDX-License-Identifier: Apache-2.0
// diagnostics.test - what the worker's channels tell of requests, and the context in which a handler runs

import { afterEach, describe, expect, test } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { bytes } from '@mdp/protocol';
import type { Handler, WorkerRequestMessage } from '../src/index.js';
import { Job } from '../src/request.js';
import { runHandler } from '../src/run-handler.js';

const START = 'mdp.worker.request.start';
const END = 'mdp.worker.request.end';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const listening: (() => void)[] = [];

function listen(name: string, listener: (message: WorkerRequestMessage) => void): void {
  const onMessage = (message: unknown): void => {
    listener(message as WorkerRequestMessage);
  };
  subscribe(name, onMessage);
  listening.push(() => unsubscribe(name, onMessage));
}

afterEach(() => {
  for (const stop of listening.splice(0)) stop();
});

/** Run a handler with one request, to its end. @returns what it replied */
function run(handler: Handler, trace: string = traceparent): Promise<string[]> {
  const identity = { attempts: 0, key: bytes(''), trace: bytes(trace) };
  const command = { type: 'request', id: 1, deadlineMs: 0, service: 's', body: [bytes('x')], identity } as const;
  const job = new Job(command, Infinity, 's', 'tcp://broker', performance.now());
  const said: string[] = [];
  return new Promise((resolve) => {
    const responder = {
      check: () => undefined,
      partial: (_: Job, frames: readonly Uint8Array[]) => {
        said.push(`partial ${Buffer.concat(frames).toString()}`);
        return Promise.resolve(true);
      },
      final: (_: Job, frames: readonly Uint8Array[]) => said.push(`final ${Buffer.concat(frames).toString()}`) > 0,
      fail: () => said.push('fail') > 0,
    };
    runHandler(job, handler, responder, {
      handlerFailed: () => undefined,
      handlerEnded: () => {
        resolve(said);
      },
    });
  });
}

const HANDLERS: [string, Handler][] = [
  ['returns', () => 'x'],
  ['returns later', () => Promise.resolve('x')],
  [
    'yields',
    async function* () {
      yield await Promise.resolve('x');
    },
  ],
];

test.each(HANDLERS)('a handler that %s is told of when it begins, and when it has ended', async (_, handler) => {
  const told: [string, WorkerRequestMessage][] = [];
  listen(START, (message) => told.push(['start', message]));
  listen(END, (message) => told.push(['end', message]));
  await run(handler);
  expect(told.map(([when]) => when)).toEqual(['start', 'end']);
  expect(told[1]?.[1]).toBe(told[0]?.[1]);
  expect(told[0]?.[1]).toMatchObject({ request: { service: 's', trace: { traceparent } }, error: undefined });
});

test.each<[string, Handler]>([
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no'))],
])('what a handler that %s has thrown is told at its end', async (_, handler) => {
  const errors: unknown[] = [];
  listen(END, ({ error }) => errors.push(error));
  expect(await run(handler)).toEqual(['fail']);
  expect(errors).toEqual([expect.objectContaining({ message: 'no' })]);
});

describe('what a subscriber binds to a store', () => {
  const store = new AsyncLocalStorage<string>();
  const seen = (): string => store.getStore() ?? 'nothing';

  test.each<[string, Handler, string[]]>([
    ['when it is called', () => seen(), [`final ${traceparent}`]],
    [
      'behind an await',
      async () => {
        await Promise.resolve();
        return seen();
      },
      [`final ${traceparent}`],
    ],
    [
      'within a generator',
      async function* () {
        yield seen();
        await Promise.resolve();
        return seen();
      },
      [`partial ${traceparent}`, `final ${traceparent}`],
    ],
  ])('holds within the handler %s, and nowhere else', async (_, handler, said) => {
    const start = channel(START);
    start.bindStore(store, (message) => (message as WorkerRequestMessage).request.trace?.traceparent ?? 'none');
    listening.push(() => start.unbindStore(store));
    expect(await run(handler)).toEqual(said);
    expect(seen()).toBe('nothing');
  });
});

test('a trace that is none is none', async () => {
  const traces: unknown[] = [];
  await run(({ trace }) => {
    traces.push(trace);
  }, 'no trace');
  expect(traces).toEqual([undefined]);
});
