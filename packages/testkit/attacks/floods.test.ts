// SPDX-License-Identifier: Apache-2.0
// floods.test - peers that say what is allowed, or nearly so, far too often: over RFC 18 and over MX

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BrokerCounters } from '@mdp/broker';
import { Besieged, grown } from './besieged.js';
import { Horde, atRate } from './raw-connection.js';
import { hello, message, mx, request } from './zmtp-bytes.js';

let it: Besieged;

beforeAll(async () => {
  it = await Besieged.start();
});
afterAll(async () => {
  await it[Symbol.asyncDispose]();
});

let unique = 0;

/** A name that nobody has used. */
function newName(): string {
  return `attack.${String(unique++)}`;
}

/** Requests that ended without a reply: nobody came for them, they were too many, or their client was gone. */
function ended({ failed, abandoned }: BrokerCounters): number {
  return (failed[404] ?? 0) + (failed[429] ?? 0) + abandoned;
}

const text = (value: string): Buffer => Buffer.from(value);

const WIRES = [
  {
    wire: 'RFC 18',
    ask: (service: string, body: string) => request(service, body),
    register: (service: string) => message(`behind ${service}`, 'MDPW02', '\x01', service),
    invalid: () => message('MDPC02', 'nonsense', 'x'),
  },
  {
    wire: 'MX',
    ask: (service: string, body: string) =>
      mx({ type: 'request', id: unique++, deadlineMs: 0, service: text(service), body: [text(body)] }),
    register: (service: string) => mx({ type: 'ready', service: text(service), credit: 10 }),
    invalid: () => message('MDPX01nonsense'),
  },
] as const;

describe.each(WIRES)('over $wire', ({ ask, register, invalid }) => {
  /** Some peers say something, together so often in a second; each is replaced by a new one after a while. */
  async function flood(signal: AbortSignal, perSecond: number, says: () => Buffer, each = 500): Promise<void> {
    using horde = new Horde(it.plain);
    const peers = [0, 1, 2, 3].map(() => ({ connection: horde.join(hello()), left: each }));
    let turn = 0;
    await atRate(signal, perSecond, () => {
      const peer = peers[turn++ % peers.length];
      if (peer === undefined) return;
      if (peer.left-- <= 0 || peer.connection.ended) {
        horde.drop(peer.connection);
        peer.connection = horde.join(hello());
        peer.left = each;
      }
      if (peer.connection.hasRoom) peer.connection.write(says());
    });
  }

  test('requests to ever new services', async () => {
    const result = await it.withstand((signal) => flood(signal, 2_000, () => ask(newName(), 'x')));
    expect(grown(result, ({ requests }) => requests)).toBeGreaterThan(25);
    expect(grown(result, ended)).toBeGreaterThan(25);
  });

  test('workers of ever new services', async () => {
    const result = await it.withstand((signal) => flood(signal, 600, () => register(newName()), 200));
    expect(grown(result, ({ workersReady }) => workersReady)).toBeGreaterThan(25);
  });

  test('questions to the broker itself', async () => {
    const services = ['mmi.service', 'mmi.services', 'mmi.broker', 'mmi.nonsense', 'mmi.mx'];
    let turn = 0;
    const result = await it.withstand((signal) =>
      flood(signal, 1_000, () => ask(services[turn++ % services.length] as string, '1')),
    );
    expect(grown(result, ({ mmi }) => mmi)).toBeGreaterThan(25);
  });

  test('invalid messages', async () => {
    const result = await it.withstand((signal) => flood(signal, 3_000, invalid, 200));
    expect(grown(result, ({ dropped }) => dropped.invalid)).toBeGreaterThan(30);
    // Sixteen of each connection are looked at, and no more.
    expect(grown(result, ({ dropped }) => dropped.banned)).toBeGreaterThan(
      grown(result, ({ dropped }) => dropped.invalid),
    );
  });

  test('requests that no worker could take, up to every limit', async () => {
    const large = 'x'.repeat(100_000);
    const result = await it.withstand((signal) => flood(signal, 300, () => ask('attack.nobody', large), 100_000));
    expect(grown(result, ended)).toBeGreaterThan(25);
  });

  test('requests of those who are gone before the reply', async () => {
    const result = await it.withstand((signal) => flood(signal, 300, () => ask('honest.strict', 'attack'), 1));
    expect(grown(result, ({ requests }) => requests)).toBeGreaterThan(25);
  });
});

describe('commands at the wrong time', () => {
  test('replies that nobody asked for, heartbeats and disconnects of nobody', async () => {
    const token = Buffer.alloc(16, 7);
    const says = [
      message('MDPW02', '\x03', token, '', 'forged'),
      message('MDPW02', '\x04', token, '', 'forged'),
      message('MDPW02', '\x05'),
      message('MDPW02', '\x06'),
      mx({ type: 'final', id: 1, body: [text('forged')] }),
      mx({ type: 'credit', id: 1, amount: 0xffffffff }),
      mx({ type: 'cancel', id: 1 }),
    ];
    const result = await it.withstand(async (signal) => {
      using horde = new Horde(it.plain);
      await atRate(signal, 400, () => {
        horde.join(hello(), ...says);
      });
    });
    const drops = grown(result, ({ dropped }) => dropped.unexpected + dropped.foreignToken + dropped.afterDisconnect);
    expect(drops).toBeGreaterThan(25);
  });
});
