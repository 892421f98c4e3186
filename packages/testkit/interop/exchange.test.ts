// SPDX-License-Identifier: Apache-2.0
// exchange.test - requests and replies between Majortomo and us, in every mix of broker, client and worker

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findMajortomo, waitUntil } from '@mdp/testkit';
import { majortomoBroker, majortomoClient, majortomoWorker } from './majortomo.js';
import type { BrokerSide, ClientSide, Part, WorkerSide } from './sides.js';
import { hex, ourBroker, ourClient, ourWorker } from './sides.js';

const majortomo = await findMajortomo();
const python = majortomo.python ?? '';

/** Who plays a part: Majortomo, or ours in one of the dialects of MDP/0.2. */
type Player = 'Majortomo' | 'ours in dialect majortomo' | 'ours in dialect rfc18';

const PLAYERS: readonly Player[] = ['Majortomo', 'ours in dialect majortomo', 'ours in dialect rfc18'];

const MIXES = (['Majortomo', 'ours'] as const).flatMap((broker) =>
  PLAYERS.flatMap((client) => PLAYERS.map((worker) => ({ broker, client, worker }))).filter(
    ({ client, worker }) =>
      // Majortomo's broker knows its own dialect only; and what is all ours is tested elsewhere.
      (broker === 'ours' || ![client, worker].includes('ours in dialect rfc18')) &&
      [broker, client, worker].includes('Majortomo'),
  ),
);

const SERVICE = 'interop';

function dialectOf(player: Player): 'majortomo' | 'rfc18' {
  return player === 'ours in dialect rfc18' ? 'rfc18' : 'majortomo';
}

const suite = majortomo.python === undefined ? describe.skip : describe;

suite.each(MIXES)('broker: $broker, client: $client, worker: $worker', (mix) => {
  const open: (BrokerSide | ClientSide | WorkerSide)[] = [];
  let broker: BrokerSide;
  let client: ClientSide;

  /** Keep something to be closed after the test. */
  function keep<T extends BrokerSide | ClientSide | WorkerSide>(side: T): T {
    open.unshift(side);
    return side;
  }

  async function startWorker(): Promise<{ readonly jobs: (command: string) => number }> {
    return keep(
      mix.worker === 'Majortomo'
        ? await majortomoWorker(python, broker.endpoint, SERVICE)
        : await ourWorker(broker.endpoint, SERVICE, { dialect: dialectOf(mix.worker) }),
    );
  }

  beforeEach(async () => {
    broker = keep(mix.broker === 'Majortomo' ? await majortomoBroker(python) : await ourBroker());
    client = keep(
      mix.client === 'Majortomo'
        ? await majortomoClient(python, broker.endpoint)
        : ourClient(broker.endpoint, dialectOf(mix.client)),
    );
  });

  afterEach(async () => {
    for (const side of open.splice(0)) await side.close();
  });

  test('carries several frames, any bytes, and empty frames', async () => {
    await startWorker();
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('hex');
    const large = Buffer.alloc(300_000, 0xa5).toString('hex');
    const body = ['', everyByte, hex('text'), '', large, hex('MDPC02'), '04', ''];
    expect(await client.ask(SERVICE, [hex('echo'), ...body])).toEqual([body]);
    expect(await client.ask(SERVICE, [hex('echo'), ''])).toEqual([['']]);
  });

  test('carries a reply in parts, each for itself and in order', async () => {
    await startWorker();
    const parts = (n: number): Part[] => [
      ...Array.from({ length: n }, (_, i) => [hex('part'), hex(String(i))]),
      [hex('end')],
    ];
    expect(await client.ask(SERVICE, [hex('partials'), hex('3')])).toEqual(parts(3));
    expect(await client.ask(SERVICE, [hex('partials'), hex('500')])).toEqual(parts(500));
    expect(await client.ask(SERVICE, [hex('partials'), hex('0')])).toEqual(parts(0));
  });

  test('carries a reply without a body', async () => {
    await startWorker();
    // RFC 18 demands a body frame, and Majortomo does not: it may come through as nothing only where nobody minds.
    const strict = [mix.client, mix.worker].includes('ours in dialect rfc18');
    expect(await client.ask(SERVICE, [hex('empty')])).toEqual([strict ? [''] : []]);
    expect(await client.ask(SERVICE, [hex('echo'), hex('and on')])).toEqual([[hex('and on')]]);
  });

  test('answers 1,000 requests in order', async () => {
    const worker = await startWorker();
    const requests = Array.from({ length: 1000 }, (_, i) => [hex('echo'), hex(`request ${String(i)}`)]);
    const replies = await client.askInTurn(SERVICE, requests);
    expect(replies).toEqual(requests.map(([, body]) => [[body]]));
    await waitUntil('the worker to report every job', () => worker.jobs('echo') >= 1000);
    expect(worker.jobs('echo')).toBe(1000);
  });

  test('shares the work among several workers', async () => {
    const workers = [await startWorker(), await startWorker(), await startWorker()];
    const jobs = (): number[] => workers.map((worker) => worker.jobs('echo'));
    const total = (): number => jobs().reduce((sum, n) => sum + n);
    let asked = 0;
    // The workers' READYs may still be on their way: ask until each has had its turn.
    await waitUntil('every worker to be given a request', async () => {
      asked++;
      expect(await client.ask(SERVICE, [hex('echo'), hex('turn')])).toEqual([[hex('turn')]]);
      return jobs().every((n) => n > 0);
    });
    await waitUntil('the workers to report every job', () => total() === asked);
    const before = jobs();
    await client.askInTurn(SERVICE, Array<string[]>(30).fill([hex('echo'), hex('one of many')]));
    await waitUntil('the workers to report every job', () => total() === asked + 30);
    // The least recently used one is next.
    expect(jobs().map((n, i) => n - (before[i] ?? 0))).toEqual([10, 10, 10]);
  });

  test('keeps a request until a worker comes', async () => {
    const reply = client.ask(SERVICE, [hex('echo'), hex('early')]);
    await startWorker();
    expect(await reply).toEqual([[hex('early')]]);
  });
});
