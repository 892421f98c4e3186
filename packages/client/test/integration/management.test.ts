// SPDX-License-Identifier: Apache-2.0
// management.test - what the client asks over MMI, against a broker played by hand

import { describe, expect, test } from '@jest/globals';
import { Client } from '../../src/index.js';
import type { ToyRequest } from './toy-broker.js';
import { ToyBroker } from './toy-broker.js';

const SERVICES = [{ name: 'echo', workers: 2, waiting: 1, busy: 1, queued: 0 }];

async function answer(request: ToyRequest): Promise<void> {
  if (request.service === 'mmi.service') await request.final(request.body[0] === 'echo' ? '200' : '404');
  else if (request.service === 'mmi.services') await request.final('200', JSON.stringify(SERVICES));
  else if (request.service === 'mmi.broker') await request.final('200', '{"version":"1.2.3","uptimeMs":5}');
  else await request.final('501');
}

describe('MMI', () => {
  test('hasService says whether there are workers', async () => {
    await using broker = await ToyBroker.bind(answer);
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    expect(await client.hasService('echo')).toBe(true);
    expect(await client.hasService('nobody')).toBe(false);
    expect(broker.seen.map(({ service, body }) => [service, ...body])).toEqual([
      ['mmi.service', 'echo'],
      ['mmi.service', 'nobody'],
    ]);
  });

  test('services and brokerInfo are read from JSON', async () => {
    await using broker = await ToyBroker.bind(answer);
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    expect(await client.services()).toEqual(SERVICES);
    expect(await client.brokerInfo()).toEqual({ version: '1.2.3', uptimeMs: 5 });
  });

  test('a broker without the extensions is MDP_REMOTE 501', async () => {
    await using broker = await ToyBroker.bind((request) => request.final('501'));
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    await expect(client.services()).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 501, service: 'mmi.services' });
    await expect(client.brokerInfo()).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 501 });
    await expect(client.hasService('echo')).rejects.toMatchObject({ code: 'MDP_PROTOCOL' });
  });

  test.each([[['200']], [['200', '{']], [['yes', '[]']], [['']]])('%j is MDP_PROTOCOL', async (body) => {
    await using broker = await ToyBroker.bind((request) => request.final(...body));
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    await expect(client.services()).rejects.toMatchObject({ code: 'MDP_PROTOCOL', service: 'mmi.services' });
  });

  test('a bad name is refused within the call', async () => {
    await using client = new Client('tcp://127.0.0.1:1', { wire: 'rfc18' });
    expect(() => client.hasService('')).toThrow(expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT' }));
  });
});
