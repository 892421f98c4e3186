// SPDX-License-Identifier: Apache-2.0
// wire.test - which wire a worker speaks to whom: it asks, believes only a yes, and burdens foreign brokers with nothing else

import { describe, expect, test } from '@jest/globals';
import type { RawFrame } from '@mdp/testkit';
import { freePort, waitUntil } from '@mdp/testkit';
import { Context, Router } from 'zeromq';
import type { Answer } from './mx-broker.js';
import { MxBroker, mmiReply, request, yes } from './mx-broker.js';
import { Worker } from '../../src/index.js';
import { onEnd, startWorker, stopAtEnd } from './support.js';

const AUTO = { wire: 'auto', concurrency: 3 } as const;
const QUICK = { reconnectBaseMs: 1, reconnectMaxMs: 10 } as const;

/** The strict commands that a broker heard, the question too, without heartbeats: what, and of whom. */
function strictOf(broker: MxBroker): string[] {
  return broker.heard.flatMap(({ peer, strict }) => {
    if (strict === undefined || strict.type === 'heartbeat') return [];
    const name = strict.type === 'request' || strict.type === 'ready' ? ` ${strict.service}` : '';
    return [`${strict.type}${name} ${peer}`];
  });
}

/** Take the strict READYs of one worker with a concurrency of 3. @returns who they are, each once */
async function threeReadys(broker: MxBroker): Promise<string[]> {
  const peers = new Set<string>();
  for (let i = 0; i < 3; i++) peers.add((await broker.takeStrict('ready')).peer);
  expect(peers.size).toBe(3);
  return [...peers];
}

describe('wire auto', () => {
  test('a yes makes the connection that asked the one that registers, with the credit of all', async () => {
    const broker = await MxBroker.bind();
    const worker = await startWorker(broker.endpoint, ({ body }) => body, AUTO);
    const { peer, record } = await broker.take('ready');
    expect(record).toEqual({ type: 'ready', service: 'echo', credit: 3 });
    expect(strictOf(broker)).toEqual([`request mmi.mx ${peer}`]);
    await broker.send(peer, request(1, 'x'));
    expect(await broker.reply(1)).toEqual([['x']]);
    expect(worker.stats()).toMatchObject({ connections: 1, registered: 1, endpoints: [{ wire: 'mx' }] });
  });

  const REFUSALS: [string, RawFrame[]][] = [
    ['501', mmiReply('501')],
    ['404', mmiReply('404')],
    ['another version', mmiReply('200', '2', '256')],
    ['a window of nothing', mmiReply('200', '1', '0')],
    ['a window that is no number', mmiReply('200', '1', '-1')],
    ['a yes of another service', ['MDPC02', Buffer.of(3), 'mmi.my', '200', '1', '256']],
    ['a yes in parts', ['MDPC02', Buffer.of(2), 'mmi.mx', '200', '1', '256']],
    ['a yes with more to it', [...yes(), 'and more']],
    ['an error reply', mmiReply('MDPE01', '404', 'no worker')],
    ['a DISCONNECT', ['MDPW02', Buffer.of(6)]],
    ['garbage', [Buffer.alloc(1_000, 255), 'x']],
    ['MX garbage', ['MDPX01garbage']],
  ];

  test.each(REFUSALS)(
    '%s is a no: strict connections, each with its READY, and nothing more than the question',
    async (_, answer) => {
      const broker = await MxBroker.bind(answer);
      const worker = await startWorker(broker.endpoint, ({ body }) => body, AUTO);
      const peers = await threeReadys(broker);
      const [question, ...rest] = strictOf(broker);
      expect(question).toMatch(/^request mmi\.mx /);
      expect(peers).not.toContain(question?.split(' ')[2]);
      expect(rest.sort()).toEqual(peers.map((peer) => `ready echo ${peer}`).sort());
      await waitUntil('the registrations', () => worker.stats().registered === 3);
      expect(worker.stats()).toMatchObject({ connections: 3, endpoints: [{ wire: 'rfc18' }] });
      await worker.stop();
      expect(broker.heard.every(({ records }) => records.length === 0)).toBe(true);
    },
  );

  test('silence costs the first registration a moment, and no other one', async () => {
    const broker = await MxBroker.bind('silence');
    const worker = await startWorker(broker.endpoint, () => 'ok', { ...AUTO, ...QUICK, heartbeatIntervalMs: 300 });
    for (const peer of await threeReadys(broker))
      await broker.raw.send(Buffer.from(peer, 'hex'), 'MDPW02', Buffer.of(6));
    // READY no longer waits for the answer: it is there before the question could have been given up again.
    await threeReadys(broker);
    await waitUntil('the second question', () => broker.questions === 2);
    await waitUntil('the registrations', () => worker.stats().registered === 3);
    expect(worker.stats().counters.readys).toBe(6);
    expect(worker.stats().endpoints).toMatchObject([{ wire: 'rfc18' }]);
  });

  test('a broker is replaced by a foreign one, and that by one that speaks MX again', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    const first = await MxBroker.bind('yes', endpoint);
    const wires: string[] = [];
    const worker = new Worker(endpoint, 'echo', ({ body }) => body, { ...AUTO, ...QUICK });
    worker.on('registered', ({ wire, services }) => wires.push(`${wire} ${services.join()}`));
    stopAtEnd(worker);
    await worker.start();
    await first.ready();
    first.close();
    await waitUntil('the loss', () => worker.stats().registered === 0);

    const second = await MxBroker.bind(mmiReply('501'), endpoint);
    await threeReadys(second);
    await waitUntil('the registrations', () => worker.stats().registered === 3);
    expect(second.questions).toBe(1);
    second.close();
    await waitUntil('the loss', () => worker.stats().registered === 0);

    const third = await MxBroker.bind('yes', endpoint);
    const peer = await third.ready();
    await third.send(peer, request(1, 'back'));
    expect(await third.reply(1)).toEqual([['back']]);
    expect(third.questions).toBe(1);
    expect(wires).toEqual(['mx echo', 'rfc18 echo', 'rfc18 echo', 'rfc18 echo', 'mx echo']);
  });

  test('after silence, a yes beside the registration is used at the next one', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    const silent = await MxBroker.bind('silence', endpoint);
    const worker = await startWorker(endpoint, () => 'ok', { wire: 'auto', ...QUICK, heartbeatIntervalMs: 300 });
    await silent.takeStrict('ready');
    await waitUntil('the registration', () => worker.stats().registered === 1);
    silent.close();
    await waitUntil('the loss', () => worker.stats().registered === 0);
    const broker = await MxBroker.bind('yes', endpoint);
    const { peer } = await broker.takeStrict('ready');
    await waitUntil('the question', () => broker.questions === 1);
    const [asker = ''] = broker.heard.flatMap(({ peer, strict }) => (strict?.type === 'request' ? [peer] : []));
    expect(asker).not.toBe(peer);
    // It closes when it has its answer, and nothing else is sent to it.
    await waitUntil('the question to be over', () => isGone(broker, asker));
    await waitUntil('the registration', () => worker.stats().registered === 1);
    expect(worker.stats().endpoints).toMatchObject([{ wire: 'rfc18' }]);
    await broker.raw.send(Buffer.from(peer, 'hex'), 'MDPW02', Buffer.of(6));
    await broker.ready();
    await waitUntil('the registration', () => worker.stats().registered === 1);
    expect(worker.stats().endpoints).toMatchObject([{ wire: 'mx' }]);
  });

  test('without a broker it waits; the question is asked when there is one', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    const worker = await startWorker(endpoint, () => 'ok', { ...AUTO, heartbeatIntervalMs: 100, heartbeatLiveness: 2 });
    expect(worker.stats()).toMatchObject({ connections: 1, registered: 0, endpoints: [{ wire: 'asking' }] });
    const broker = await MxBroker.bind('yes', endpoint);
    await broker.ready();
    expect(worker.stats().counters.disconnects).toMatchObject({ silent: 0, stopped: 0 });
  });

  test('one of several strict connections that is lost alone comes back without a question', async () => {
    const broker = await MxBroker.bind(mmiReply('501'));
    const worker = await startWorker(broker.endpoint, () => 'ok', { ...AUTO, ...QUICK });
    const [peer] = await threeReadys(broker);
    await waitUntil('the registrations', () => worker.stats().registered === 3);
    await broker.raw.send(Buffer.from(peer ?? '', 'hex'), 'MDPW02', Buffer.of(6));
    await broker.takeStrict('ready');
    expect(broker.questions).toBe(1);
  });

  test('each broker is asked for itself', async () => {
    const modern = await MxBroker.bind();
    const foreign = await MxBroker.bind(mmiReply('501'));
    const worker = await startWorker([modern.endpoint, foreign.endpoint], () => 'ok', AUTO);
    await modern.ready();
    await threeReadys(foreign);
    await waitUntil('the registrations', () => worker.stats().registered === 4);
    expect(worker.stats().endpoints.map(({ wire }) => wire)).toEqual(['mx', 'rfc18']);
  });

  test('stopped while it asks, it leaves nothing behind', async () => {
    const broker = await MxBroker.bind('silence');
    const worker = await startWorker(broker.endpoint, () => 'ok', AUTO);
    await waitUntil('the question', () => broker.questions === 1);
    await worker.stop();
    expect(strictOf(broker)).toHaveLength(1);
  });

  test('over inproc, where no transport tells, it works alike', async () => {
    for (const answer of [yes(), mmiReply('501')]) {
      const context = new Context();
      const router = new Router({ context, linger: 0 });
      onEnd(() => {
        router.close();
      });
      await router.bind('inproc://here');
      const worker = await startWorker('inproc://here', () => 'ok', { context, wire: 'auto' });
      const [id] = await router.receive();
      await router.send([id ?? '', ...answer]);
      const [, header] = await router.receive();
      expect(String(header).slice(0, 6)).toBe(answer.includes('501') ? 'MDPW02' : 'MDPX01');
      await worker.stop({ drainMs: 0 });
    }
  });

  test.each(['majortomo', 'mdp01'] as const)('is strict in dialect %s: nothing is asked', async (dialect) => {
    const answer: Answer = 'yes';
    const broker = await MxBroker.bind(answer);
    await startWorker(broker.endpoint, () => 'ok', { wire: 'auto', dialect });
    await broker.takeStrict('ready');
    expect(broker.questions).toBe(0);
  });
});

/** Whether a peer has closed its connection. What is sent to find out comes behind all that it was sent before. */
async function isGone(broker: MxBroker, peer: string): Promise<boolean> {
  try {
    await broker.raw.send(Buffer.from(peer, 'hex'), '');
    return false;
  } catch (error) {
    if ((error as { code?: string }).code !== 'EHOSTUNREACH') throw error;
    return true;
  }
}

describe('wire rfc18', () => {
  test('asks nothing', async () => {
    const broker = await MxBroker.bind();
    await startWorker(broker.endpoint, () => 'ok', { wire: 'rfc18', concurrency: 3 });
    const peers = await threeReadys(broker);
    expect(strictOf(broker).sort()).toEqual(peers.map((peer) => `ready echo ${peer}`).sort());
  });
});

describe('several services', () => {
  const HANDLERS = { echo: () => 'from echo', half: () => 'from half' };

  test('share one MX connection, each with its READY and its credit', async () => {
    const broker = await MxBroker.bind();
    const worker = new Worker(broker.endpoint, HANDLERS, { wire: 'mx', concurrency: 2 });
    stopAtEnd(worker);
    await worker.start();
    const { peer, record } = await broker.take('ready');
    const second = await broker.take('ready');
    expect([record, second.record]).toEqual([
      { type: 'ready', service: 'echo', credit: 2 },
      { type: 'ready', service: 'half', credit: 2 },
    ]);
    expect(second.peer).toBe(peer);
    expect(broker.heard).toHaveLength(1);
    expect([worker.service, worker.services]).toEqual(['echo', ['echo', 'half']]);
    await broker.send(peer, { ...request(1) }, { ...request(2), service: Buffer.from('half') } as never);
    expect([await broker.reply(1), await broker.reply(2)]).toEqual([[['from echo']], [['from half']]]);
  });

  test('have connections of their own on the strict wire', async () => {
    const broker = await MxBroker.bind();
    const worker = new Worker(broker.endpoint, HANDLERS, { wire: 'rfc18', concurrency: 2 });
    stopAtEnd(worker);
    await worker.start();
    const readys = [];
    for (let i = 0; i < 4; i++) readys.push((await broker.takeStrict('ready')).message.service);
    expect(readys.sort()).toEqual(['echo', 'echo', 'half', 'half']);
    await waitUntil('the registrations', () => worker.stats().registered === 4);
    expect(worker.stats().connections).toBe(4);
  });

  test('a handler is told which of them was asked', async () => {
    const broker = await MxBroker.bind();
    const tell = ({ service }: { service: string }): string => service;
    const worker = new Worker(broker.endpoint, { echo: tell, half: tell }, { wire: 'mx' });
    stopAtEnd(worker);
    await worker.start();
    const peer = await broker.ready();
    await broker.send(peer, { ...request(1), service: Buffer.from('half') } as never);
    expect(await broker.reply(1)).toEqual([['half']]);
  });
});
