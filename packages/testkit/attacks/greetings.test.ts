// SPDX-License-Identifier: Apache-2.0
// greetings.test - peers that speak no ZMTP, another one, or with a mechanism that is not the endpoint's

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { waitUntil } from '@mdp/testkit';
import { Besieged, failedHandshakes, grown } from './besieged.js';
import { Horde, RawConnection, atRate } from './raw-connection.js';
import { SIGNATURE, command, frame, greeting, property, ready, request } from './zmtp-bytes.js';

/** The beginning of a TLS connection: a record with a ClientHello. */
const TLS_HELLO = Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), randomBytes(506)]);

/** Someone who asks for a web page, and ends it as HTTP has it. */
const HTTP = Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\nAccept: */*\r\n\r\n');

let it: Besieged;

beforeAll(async () => {
  it = await Besieged.start();
});
afterAll(async () => {
  await it[Symbol.asyncDispose]();
});

/** What begins a connection that no endpoint takes. */
const BROKEN: readonly (readonly [string, () => Buffer])[] = [
  ['random bytes', () => randomBytes(200)],
  ['a wrong signature', () => greeting({ signature: Buffer.from([0xff, 1, 2, 3, 4, 5, 6, 7, 8, 0x7f]) })],
  ['a greeting with zeros alone', () => Buffer.alloc(64)],
  ['a greeting of ZMTP 1', () => Buffer.concat([Buffer.from([1, 0]), Buffer.alloc(20)])],
  ['a greeting of ZMTP 2', () => Buffer.concat([SIGNATURE, Buffer.from([1, 5]), Buffer.from([0, 0])])],
  ['a request of HTTP', () => HTTP],
  ['a ClientHello of TLS', () => TLS_HELLO],
  ['a version of ZMTP that does not exist', () => greeting({ major: 99, mechanism: 'NONE' })],
  [
    'the mechanism PLAIN',
    () => Buffer.concat([greeting({ mechanism: 'PLAIN' }), command('HELLO', Buffer.from('\x01a\x01b'))]),
  ],
  ['a mechanism that does not exist', () => greeting({ mechanism: 'TOTAL-TRUST' })],
  ['a mechanism of twenty letters', () => greeting({ mechanism: 'X'.repeat(20) })],
];

const ENDPOINTS = ['plain', 'encrypted'] as const;

describe.each(ENDPOINTS)('at the %s endpoint', (endpoint) => {
  test('broken greetings of all kinds, one after the other, hurt nobody', async () => {
    const result = await it.withstand(async (signal) => {
      using horde = new Horde(it[endpoint]);
      await atRate(signal, 250, () => horde.open((BROKEN[horde.size % BROKEN.length] as (typeof BROKEN)[number])[1]()));
    });
    expect(grown(result, (counters) => counters.keysAccepted)).toBe(0);
    expect(grown(result, (counters) => counters.workersReady)).toBe(0);
    expect(grown(result, failedHandshakes)).toBeGreaterThan(0);
  });
});

test.each(BROKEN)('%s: the encrypted endpoint closes the connection', async (_name, says) => {
  using horde = new Horde(it.encrypted);
  for (let i = 0; i < 20; i++) horde.open(says());
  await waitUntil('all connections to be closed', () => horde.ended === 20);
});

describe('a wrong mechanism is counted, and its connection closed', () => {
  test.each([
    ['CURVE', 'plain'],
    ['NULL', 'encrypted'],
    ['PLAIN', 'plain'],
    ['PLAIN', 'encrypted'],
    ['UNKNOWN', 'plain'],
    ['UNKNOWN', 'encrypted'],
  ] as const)('%s at the %s endpoint', async (mechanism, endpoint) => {
    const before = (await it.stats()).counters.handshakesFailed.protocol;
    const peer = new RawConnection(it[endpoint]).write(greeting({ mechanism }));
    await peer.over();
    await it.counted('the failed handshake', ({ handshakesFailed }) => handshakesFailed.protocol > before);
  });
});

describe('an encrypted endpoint', () => {
  test.each([
    ['ZMTP 1', Buffer.concat([frame('x'), request('honest.strict', 'x')])],
    ['ZMTP 2', Buffer.concat([SIGNATURE, Buffer.from([1, 5]), frame(''), request('honest.strict', 'x')])],
    ['NULL, with a message behind', Buffer.concat([greeting(), ready(), request('honest.strict', 'x')])],
  ])('is not got around by %s', async (_name, says) => {
    const peer = new RawConnection(it.encrypted).write(says);
    await peer.over();
    expect(peer.first.includes('MDPC02')).toBe(false);
  });
});

describe('a READY at the plain endpoint', () => {
  const type = (name: string): Buffer => Buffer.concat([greeting(), ready(name)]);
  const manyProperties = Array.from({ length: 2_000 }, (_, i) => property(`X-${String(i)}`, 'x'.repeat(200)));
  const cut = Buffer.concat([property('Socket-Type', 'DEALER'), Buffer.from([200, 1, 2, 3])]);
  const lies = property('Socket-Type', 'DEALER');
  lies.writeUInt32BE(0xffffffff, 12);

  test.each([
    [
      'with a property of 200 KiB',
      Buffer.concat([greeting(), ready('DEALER', property('X-Big', randomBytes(200_000)))]),
    ],
    ['with two thousand properties', Buffer.concat([greeting(), ready('DEALER', ...manyProperties)])],
    [
      'with properties that have no name',
      Buffer.concat([greeting(), ready('DEALER', property('', ''), property('', 'x'))]),
    ],
    ['with two kinds of socket', Buffer.concat([greeting(), ready('DEALER', property('Socket-Type', 'PUB'))])],
    ['that is cut off in the middle of a property', Buffer.concat([greeting(), command('READY', cut)])],
    ['with a length that is a lie', Buffer.concat([greeting(), command('READY', lies)])],
    ['without a kind of socket', Buffer.concat([greeting(), command('READY')])],
    ['of a PUB', type('PUB')],
    ['of a SUB', type('SUB')],
    ['of a PUSH', type('PUSH')],
    ['of a STREAM', type('STREAM')],
    ['of a REQ', type('REQ')],
    ['of a kind of socket that does not exist', type('TELEPATHY')],
    ['that is an ERROR', Buffer.concat([greeting(), command('ERROR', Buffer.from('\x04oops'))])],
    ['that is a message', Buffer.concat([greeting(), request('honest.strict', 'x')])],
    ['that is a PING', Buffer.concat([greeting(), command('PING', Buffer.alloc(2))])],
  ])('%s', async (_name, says) => {
    using horde = new Horde(it.plain);
    const { files } = it;
    for (let i = 0; i < 20; i++) horde.join(says, request('honest.strict', 'x'));
    await Promise.all(horde.standing.map((each) => each.opened()));
    await it.progressed();
    // Each was refused, or is a peer as any other and gets its reply.
    await waitUntil('each to be refused or answered', () =>
      horde.all.every((each) => each.ended || each.first.includes('honest.strict')),
    );
    horde[Symbol.dispose]();
    await waitUntil('their files to be closed', () => it.files <= files);
  });
});

test('failed handshakes, hundreds a second, do not make the broker do nothing else', async () => {
  const before = (await it.stats()).counters;
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    await atRate(signal, 300, () => {
      const peer = horde.open(greeting({ mechanism: 'CURVE' }));
      if (horde.size > 200) horde.drop(horde.all[0] ?? peer);
    });
  });
  expect(grown(result, failedHandshakes)).toBeGreaterThan(10);
  // What looks after busy workers when connections break: at most twenty rounds of two busy workers and lanes a second.
  const { heartbeatsSent } = (await it.stats()).counters;
  expect(heartbeatsSent - before.heartbeatsSent).toBeLessThan(5_000);
});
