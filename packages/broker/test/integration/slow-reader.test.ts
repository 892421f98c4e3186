// SPDX-License-Identifier: Apache-2.0
// slow-reader.test - a client that does not read holds nobody else up, costs bounded memory, and never sees a gap

import { afterEach, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { Dealer } from 'zeromq';
import { Live } from '../support/live.js';
import { REQUEST, readAtClient } from '../support/wire.js';

const PART_BYTES = 256 * 1024;
const MAX_OUTBOX_MESSAGES = 6;
const MAX_OUTBOX_BYTES = 4 * PART_BYTES;
/** What the error that breaks a stream off may take besides. */
const ERROR_BYTES = 8 * 1024;

let it: Live;

afterEach(async () => {
  await it.close();
});

/** A client of which nothing is read until {@link SlowClient.read} is called. */
class SlowClient {
  readonly #socket = new Dealer({ linger: 0, receiveHighWaterMark: 1 });

  constructor(endpoint: string) {
    this.#socket.connect(endpoint);
    it.onClose(() => {
      this.#socket.close();
    });
  }

  async request(service: string, ...body: string[]): Promise<void> {
    await this.#socket.send([...REQUEST.rfc18(service, body)]);
  }

  /** The next message: its type, and the number that a part begins with. */
  async read(): Promise<string> {
    this.#socket.receiveTimeout = 30_000;
    const { type, body } = readAtClient('rfc18', await this.#socket.receive());
    return body.length === 3 ? `error ${String(body[1])}` : `${type} ${String(body[0]?.readUInt32BE(0))}`;
  }
}

function part(number: number): Buffer {
  const bytes = Buffer.alloc(PART_BYTES);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** The part of a request that was answered in text. */
function numbered(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

test('a stream that its client does not read is broken off with one error in place of the rest', async () => {
  it = await Live.start({
    sendHighWaterMark: 1,
    maxOutboxMessages: MAX_OUTBOX_MESSAGES,
    maxOutboxBytes: MAX_OUTBOX_BYTES,
    // ZMTP heartbeats would cut off a connection whose receiving side stands still.
    heartbeatIntervalMs: 60_000,
  });
  const [streaming, echoing, other] = [await it.registered('stream'), await it.registered('echo'), it.client()];
  const slow = new SlowClient(it.clientEndpoint);
  await slow.request('stream', 'go');
  expect(await streaming.hear()).toBe('request go');

  const { broker } = it;
  const exchanges: string[] = [];
  let largest = 0;
  let parts = 0;
  while (broker.stats().counters.dropped.slowReader === 0) {
    const { received } = broker.stats().counters;
    await streaming.partial(part(parts++));
    await waitUntil('the part to be read', () => broker.stats().counters.received > received);
    largest = Math.max(largest, broker.stats().outbox.bytes);
    if (parts % 8 === 0) {
      // Others are served meanwhile, by the same broker and on the same endpoint.
      await other.request('echo', String(parts));
      exchanges.push(await echoing.hear());
      await echoing.final(String(parts));
      expect(await other.hear()).toBe(`final ${String(parts)}`);
    }
    if (parts > 2_000) throw new Error('2,000 parts, and nothing was ever full');
  }
  expect(largest).toBeGreaterThan(0);
  expect(largest).toBeLessThanOrEqual(MAX_OUTBOX_BYTES + 4 * 1024);

  // What the worker still sends is dropped, one by one, and it is free when it has ended.
  for (let i = 0; i < 5; i++) await streaming.partial(part(parts + i));
  await streaming.final(part(parts + 5));
  await it.until('the stream to end', ({ requests }) => requests.running === 0);
  expect(broker.stats().counters.dropped).toMatchObject({ slowReader: 1, brokenStream: 6 });
  expect(broker.stats().counters.failed[429]).toBe(1);
  const { outbox, counters } = broker.stats();
  expect(outbox.messages).toBeLessThanOrEqual(MAX_OUTBOX_MESSAGES + 1);
  expect(outbox.bytes).toBeLessThanOrEqual(MAX_OUTBOX_BYTES + ERROR_BYTES);
  await other.request('stream', 'next');
  expect(await streaming.hear()).toBe('request next');
  await streaming.final('served');
  expect(await other.hear()).toBe('final served');

  // Now it reads: every part that was passed on, in order, then the error, and nothing of the rest.
  const heard: string[] = [];
  for (let said = ''; !said.startsWith('error'); heard.push(said)) said = await slow.read();
  const passedOn = Array.from({ length: counters.partials }, (_, i) => `partial ${String(i)}`);
  expect(heard).toEqual([...passedOn, 'error 429']);
  expect(counters.partials).toBe(parts - 1);
  await it.until('the outbox to be empty', (stats) => stats.outbox.messages === 0);

  // It is a client as any other again: the next thing that it hears is the answer to its next request.
  await slow.request('echo', 'again');
  expect(await echoing.hear()).toBe('request again');
  await echoing.final(numbered(7));
  expect(await slow.read()).toBe('final 7');
  expect(it.broker.stats().workers.registered).toBe(2);
});

test('a stream within the limits waits for its client, and arrives whole', async () => {
  it = await Live.start({ sendHighWaterMark: 1, maxOutboxBytes: 400 * PART_BYTES, heartbeatIntervalMs: 60_000 });
  const worker = await it.registered('stream');
  const slow = new SlowClient(it.clientEndpoint);
  await slow.request('stream', 'go');
  expect(await worker.hear()).toBe('request go');
  let parts = 0;
  while (it.broker.stats().outbox.messages < 4) {
    const { received } = it.broker.stats().counters;
    await worker.partial(part(parts++));
    await it.until('the part to be read', ({ counters }) => counters.received > received);
    if (parts > 2_000) throw new Error('2,000 parts, and nothing was ever full');
  }
  await worker.final(numbered(parts));
  await it.until('the reply to end', ({ counters }) => counters.finals === 1);
  const heard: string[] = [];
  for (let said = ''; !said.startsWith('final'); heard.push(said)) said = await slow.read();
  expect(heard).toEqual([...Array.from({ length: parts }, (_, i) => `partial ${String(i)}`), `final ${String(parts)}`]);
  expect(it.broker.stats()).toMatchObject({
    outbox: { peers: 0, messages: 0, bytes: 0 },
    counters: { dropped: { slowReader: 0, brokenStream: 0, unreachable: 0 } },
  });
});

/** Whether messages wait for a peer, and still do after it was tried again in each of the next turns. */
async function isFull(): Promise<boolean> {
  for (let turn = 0; turn < 20; turn++) {
    if (it.broker.stats().outbox.messages < 2) return false;
    await new Promise(setImmediate);
  }
  return true;
}

test('a client that goes with its outbox full leaves nothing of it behind', async () => {
  it = await Live.start({
    sendHighWaterMark: 1,
    maxOutboxMessages: MAX_OUTBOX_MESSAGES,
    maxOutboxBytes: MAX_OUTBOX_BYTES,
    heartbeatIntervalMs: 60_000,
  });
  const worker = await it.registered('stream');
  const slow = new Dealer({ linger: 0, receiveHighWaterMark: 1 });
  slow.connect(it.clientEndpoint);
  try {
    await slow.send([...REQUEST.rfc18('stream', ['go'])]);
    expect(await worker.hear()).toBe('request go');
    for (let parts = 0; !(await isFull()); parts++) {
      const { received } = it.broker.stats().counters;
      await worker.partial(part(parts));
      await it.until('the part to be read', ({ counters }) => counters.received > received);
      if (parts > 2_000) throw new Error('2,000 parts, and nothing was ever full');
    }
  } finally {
    slow.close();
  }
  await it.until('the outbox to be given up', ({ outbox }) => outbox.peers === 0);
  const { counters, outbox } = it.broker.stats();
  expect(outbox).toEqual({ peers: 0, messages: 0, bytes: 0 });
  expect(counters.abandoned).toBe(1);
  expect(counters.dropped.unreachable).toBeGreaterThanOrEqual(2);
  await worker.final('nobody hears it');
  await it.until('it to be dropped', (stats) => stats.counters.dropped.clientGone === 1);
  expect(it.broker.stats().workers).toEqual({ registered: 1, waiting: 1, busy: 0 });
});
