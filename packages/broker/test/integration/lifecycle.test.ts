// SPDX-License-Identifier: Apache-2.0
// lifecycle.test - start and stop, in every order and whatever happens meanwhile

import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerOptions } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import { BindError, StateError } from '@mdp/protocol';
import { RawPeer, freePort, waitUntil } from '@mdp/testkit';
import { Live, LiveClient, LiveWorker } from '../support/live.js';

const TCP = 'tcp://127.0.0.1:*';
const brokers: Broker[] = [];
const lives: Live[] = [];

function create(options: BrokerOptions = { endpoints: TCP }): Broker {
  const broker = new Broker(options);
  brokers.push(broker);
  return broker;
}

async function live(options: BrokerOptions = {}): Promise<Live> {
  const started = await Live.start(options);
  lives.push(started);
  return started;
}

/** Ask a broker for a service; the answer proves that it serves. */
async function ask(endpoint: string): Promise<string> {
  const client = new LiveClient('rfc18', new RawPeer(endpoint));
  try {
    await client.request('mmi.service', 'nobody');
    return await client.hear();
  } finally {
    client.close();
  }
}

afterEach(async () => {
  await Promise.all(lives.splice(0).map((each) => each.close()));
  await Promise.all(brokers.splice(0).map((broker) => broker.stop({ drainMs: 0 })));
});

describe('start', () => {
  test('reports the port that was chosen, and serves there', async () => {
    const broker = create();
    expect(broker.endpoints).toEqual([]);
    const listening = jest.fn();
    broker.on('listening', listening);
    await broker.start();
    expect(broker.endpoints).toHaveLength(1);
    expect(broker.endpoints[0]).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(listening).toHaveBeenCalledWith(broker.endpoints);
    expect(await ask(broker.endpoints[0] ?? '')).toBe('final 404');
    expect(broker.stats()).toMatchObject({ state: 'running', endpoints: broker.endpoints });
  });

  test('serves several endpoints of every transport', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mdp-'));
    try {
      const broker = create({
        endpoints: [TCP, `ipc://${folder}/socket`, 'inproc://lifecycle', TCP],
      });
      await broker.start();
      expect(broker.endpoints).toHaveLength(4);
      for (const endpoint of broker.endpoints) expect(await ask(endpoint)).toBe('final 404');
      await broker.stop();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('twice: the second is refused, and the first serves', async () => {
    const broker = create();
    const first = broker.start();
    await expect(broker.start()).rejects.toThrow(StateError);
    await first;
    await expect(broker.start()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    expect(await ask(broker.endpoints[0] ?? '')).toBe('final 404');
  });

  test('on an endpoint that is taken fails, leaves nothing bound, and can be tried again', async () => {
    const [free, taken] = [await freePort(), await freePort()].map((port) => `tcp://127.0.0.1:${String(port)}`);
    const other = create({ endpoints: taken ?? '' });
    await other.start();
    const broker = create({ endpoints: [free ?? '', taken ?? ''] });
    await expect(broker.start()).rejects.toThrow(BindError);
    await expect(broker.start()).rejects.toMatchObject({ code: 'MDP_BIND', endpoint: taken });
    expect(broker.endpoints).toEqual([]);
    expect(broker.stats().state).toBe('new');
    const third = create({ endpoints: free ?? '' });
    await third.start();
    await third.stop();
    await other.stop();
    await broker.start();
    expect(broker.endpoints).toEqual([free, taken]);
    for (const endpoint of broker.endpoints) expect(await ask(endpoint)).toBe('final 404');
  });

  test('says which endpoint could not be bound, and why', async () => {
    const broker = create({ endpoints: 'ipc:///no/such/folder/socket' });
    const error = await broker.start().catch((reason: unknown) => reason as BindError);
    expect(error).toMatchObject({ code: 'MDP_BIND', endpoint: 'ipc:///no/such/folder/socket' });
    expect(String(error)).toContain('cannot listen on ipc:///no/such/folder/socket');
    expect((error as BindError).cause).toBeDefined();
  });

  test('takes the longest times that options allow', async () => {
    const broker = create({ endpoints: TCP, heartbeatIntervalMs: 2 ** 31 - 1, heartbeatLiveness: 100 });
    await broker.start();
    expect(await ask(broker.endpoints[0] ?? '')).toBe('final 404');
  });

  test('takes the largest sizes that options allow', async () => {
    const MANY = 10_000_000;
    const largest = { maxBodyBytes: 2 ** 30, sendHighWaterMark: MANY, receiveHighWaterMark: MANY };
    const broker = create({ endpoints: TCP, ...largest });
    await broker.start();
    expect(await ask(broker.endpoints[0] ?? '')).toBe('final 404');
  });
});

describe('stop', () => {
  test.each(['tcp', 'ipc', 'inproc'])(
    'frees its %s endpoints at once: the next broker binds them, again and again',
    async (transport) => {
      const folder = mkdtempSync(join(tmpdir(), 'mdp-'));
      const endpoint = {
        tcp: `tcp://127.0.0.1:${String(await freePort())}`,
        ipc: `ipc://${folder}/socket`,
        inproc: 'inproc://again',
      }[transport] as string;
      try {
        for (let i = 0; i < 20; i++) {
          const broker = create({ endpoints: endpoint });
          await broker.start();
          expect(await ask(endpoint)).toBe('final 404');
          await broker.stop();
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  test('before start: it is stopped, and does not start any more', async () => {
    const broker = create();
    const stopped = jest.fn();
    broker.on('stopped', stopped);
    await broker.stop();
    expect(stopped).toHaveBeenCalledTimes(1);
    expect(broker.stats().state).toBe('stopped');
    await expect(broker.start()).rejects.toThrow(/stopped/);
  });

  test('and start in one breath: it does not start', async () => {
    const broker = create();
    const stopping = broker.stop();
    await expect(broker.start()).rejects.toThrow(StateError);
    await stopping;
    expect(broker.endpoints).toEqual([]);
  });

  test('during start: nothing stays bound', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    const broker = create({ endpoints: [endpoint, TCP] });
    const starting = broker.start();
    const stopping = broker.stop();
    await Promise.all([starting, stopping]);
    expect(broker.stats().state).toBe('stopped');
    const next = create({ endpoints: endpoint });
    await next.start();
    expect(await ask(endpoint)).toBe('final 404');
  });

  test('during a start that fails: both end', async () => {
    const broker = create({ endpoints: 'ipc:///no/such/folder/socket' });
    const starting = broker.start();
    const stopping = broker.stop();
    await expect(starting).rejects.toThrow(BindError);
    await stopping;
    expect(broker.stats().state).toBe('stopped');
  });

  test('twice: both end when it is over, and it is said once', async () => {
    const broker = create();
    const events: string[] = [];
    broker.on('draining', () => events.push('draining'));
    broker.on('stopped', () => events.push('stopped'));
    await broker.start();
    await Promise.all([broker.stop(), broker.stop()]);
    await broker.stop();
    expect(events).toEqual(['draining', 'stopped']);
  });

  test('is what `await using` does', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    {
      await using broker = new Broker({ endpoints: endpoint });
      await broker.start();
      expect(await ask(endpoint)).toBe('final 404');
    }
    const next = create({ endpoints: endpoint });
    await next.start();
    expect(await ask(endpoint)).toBe('final 404');
  });

  test.each([{ drainMs: -1 }, { drainMs: 1.5 }, { drain: 5 }, { drainMs: '5' }])(
    'refuses %j and goes on',
    async (options) => {
      const broker = create();
      await broker.start();
      expect(() => broker.stop(options as { drainMs: number })).toThrow(/drain/);
      expect(broker.stats().state).toBe('running');
      expect(await ask(broker.endpoints[0] ?? '')).toBe('final 404');
    },
  );

  test('lets a running request end, refuses new ones with 503, and sends every worker away (MDP-B-27)', async () => {
    const { broker, ...rest } = await live();
    const it = lives[0] as Live;
    expect(rest).toBeDefined();
    const [busy, idle] = [await it.registered('s'), await it.registered('t')];
    const [client, late] = [it.client(), it.client()];
    await client.request('s', 'a');
    expect(await busy.hear()).toBe('request a');
    const stopping = broker.stop({ drainMs: 60_000 });
    await it.until('the drain', ({ state }) => state === 'draining');
    expect(await idle.hear()).toBe('disconnect');
    await late.request('s', 'b');
    expect(await late.hear()).toBe('error 503');
    await busy.partial('p');
    await busy.final('f');
    expect(await client.hearAll()).toEqual(['partial p', 'final f']);
    expect(await busy.hear()).toBe('disconnect');
    await stopping;
    expect(broker.stats()).toMatchObject({ state: 'stopped', workers: { registered: 0 }, requests: { queued: 0 } });
  });

  test('without time to drain ends what runs with 503', async () => {
    const it = await live();
    const busy = await it.registered('s');
    const client = it.client();
    await client.request('s', 'a');
    expect(await busy.hear()).toBe('request a');
    await client.request('s', 'waits');
    await it.until('one waits', ({ requests }) => requests.queued === 1);
    await it.broker.stop({ drainMs: 0 });
    expect([await client.hear(), await client.hear()]).toEqual(['error 503', 'error 503']);
    expect(await busy.hear()).toBe('disconnect');
  });

  test('a second call may shorten the time that the first one gave, and not lengthen it', async () => {
    const it = await live();
    const busy = await it.registered('s');
    const client = it.client();
    await client.request('s', 'a');
    expect(await busy.hear()).toBe('request a');
    const first = it.broker.stop({ drainMs: 3_600_000 });
    await it.until('the drain', ({ state }) => state === 'draining');
    const second = it.broker.stop({ drainMs: 0 });
    const third = it.broker.stop({ drainMs: 3_600_000 });
    await Promise.all([first, second, third]);
    expect(await client.hear()).toBe('error 503');
  });

  test('from within an event does not disturb what is going on', async () => {
    const it = await live();
    let stopping: Promise<void> | undefined;
    it.broker.once('workerReady', () => {
      stopping = it.broker.stop();
    });
    const worker = it.worker();
    await worker.ready('s');
    expect(await worker.hear()).toBe('disconnect');
    await stopping;
    expect(it.broker.stats().workers.registered).toBe(0);
  });

  test('is not held up by peers that do not read', async () => {
    const it = await live({ sendHighWaterMark: 1 });
    const worker = await it.registered('s');
    const deaf = it.client('rfc18', { receiveHighWaterMark: 1 });
    // The raw peer reads; this socket does not.
    const silent = new RawPeer(it.clientEndpoint, { receiveHighWaterMark: 1 });
    silent.close();
    await deaf.request('s', 'a');
    expect(await worker.hear()).toBe('request a');
    const started = performance.now();
    await it.broker.stop({ drainMs: 10 });
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('a listener that throws', () => {
  test('does not stop the broker: what it threw is an `error` event', async () => {
    const it = await live();
    const errors: Error[] = [];
    it.broker.on('error', (error) => errors.push(error));
    const bad = (): never => {
      throw new Error('a bad listener');
    };
    it.broker.on('workerReady', bad);
    it.broker.on('requestFailed', bad);
    it.broker.on('invalidMessage', bad);
    it.broker.on('workerLost', bad);
    const worker = it.worker();
    await worker.ready('s');
    const client = it.client();
    await client.say('rubbish');
    await client.request('s', 'a');
    expect(await worker.hear()).toBe('request a');
    await worker.final('done');
    expect(await client.hear()).toBe('final done');
    await worker.disconnect();
    await it.until('the worker is gone', ({ workers }) => workers.registered === 0);
    expect(errors.map(({ message }) => message)).toEqual(['a bad listener', 'a bad listener', 'a bad listener']);
    expect(it.broker.stats().workers).toEqual({ registered: 0, waiting: 0, busy: 0 });
  });

  test.each([true, false])(
    'is a warning of the process when nobody else hears of it (an error listener: %p)',
    async (listens) => {
      const it = await live();
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const bad = (): never => {
        throw new Error('a bad listener');
      };
      it.broker.on('workerReady', bad);
      if (listens) it.broker.on('error', bad);
      await it.registered('s');
      expect(warn).toHaveBeenCalledTimes(1);
      expect(String(warn.mock.calls[0]?.[0])).toContain('a bad listener');
      warn.mockRestore();
    },
  );

  test('at start and stop does not change what they do', async () => {
    const broker = create();
    const errors: unknown[] = [];
    broker.on('error', (error) => errors.push(error.message));
    for (const event of ['listening', 'draining', 'stopped'] as const) {
      broker.on(event, () => {
        throw new Error(event);
      });
    }
    await broker.start();
    expect(await ask(broker.endpoints[0] ?? '')).toBe('final 404');
    await broker.stop();
    expect(errors).toEqual(['listening', 'draining', 'stopped']);
  });
});

describe('a broker that was restarted', () => {
  test('tells the workers that it does not know to begin anew (MDP-B-44)', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    const first = create({ endpoints: endpoint });
    await first.start();
    const worker = new LiveWorker('rfc18', new RawPeer(endpoint, { reconnectInterval: 10 }));
    const client = new LiveClient('rfc18', new RawPeer(endpoint, { reconnectInterval: 10 }));
    try {
      await worker.ready('s');
      await client.request('s', 'a');
      expect(await worker.hear()).toBe('request a');
      await first.stop({ drainMs: 0 });
      expect(await worker.hear()).toBe('disconnect');
      const second = create({ endpoints: endpoint });
      await second.start();
      // As if the DISCONNECT of the first had been lost with its process.
      await worker.beat();
      expect(await worker.hear()).toBe('disconnect');
      // A reply to the first broker's request reaches nobody, and so does not reach the wrong one.
      await worker.final('late');
      await waitUntil('the late reply', () => second.stats().counters.dropped.afterDisconnect === 1);
      const next = new LiveWorker('rfc18', new RawPeer(endpoint));
      await next.ready('s');
      await client.request('s', 'b');
      expect(await client.hear()).toBe('error 503');
      expect(await next.hear()).toBe('request b');
      await next.say('MDPW02', Buffer.of(4), worker.address, '', 'forged');
      await waitUntil('the stray', () => second.stats().counters.dropped.foreignToken === 1);
      next.close();
    } finally {
      worker.close();
      client.close();
    }
  });
});
