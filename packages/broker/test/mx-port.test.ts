// SPDX-License-Identifier: Apache-2.0
// mx-port.test - what a turn says to an MX peer leaves as one message, in order, bounded, and is told when it is lost

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Frame, MxRecord } from '@mdp/protocol';
import { bytes, decodeMx } from '@mdp/protocol';
import type { Router } from 'zeromq';
import { RouterPort } from '../src/router-port.js';
import { Connection } from '../src/state/connection.js';
import { newCounters } from '../src/state/counters.js';
import type { MxPeer } from '../src/state/mx-peer.js';
import { socketError } from './support/fake-router.js';
import { ANYBODY } from './support/access.js';

function final(id: number, body = bytes('x')): MxRecord<Frame> {
  return { type: 'final', id, body: [body] };
}

/** A port, one MX peer, and what reached it: the ids of the FINALs, message by message. */
class Setup {
  readonly messages: number[][] = [];
  readonly lost: (readonly Frame[])[] = [];
  readonly relieved: string[] = [];
  outcome: string | undefined;
  readonly peer: MxPeer;
  readonly port = new RouterPort(
    {
      counters: newCounters(),
      unreachable: (_connection, frames) => this.lost.push(frames),
      relieved: ({ key }) => this.relieved.push(key),
      failed: (error) => {
        throw error;
      },
      emit: () => undefined,
    },
    { maxMessages: 3, maxBytes: 100_000, maxBytesInAll: Infinity },
  );

  constructor() {
    const send = (frames: readonly Frame[]): Promise<void> => {
      if (this.outcome !== undefined) return Promise.reject(socketError(this.outcome));
      const read = decodeMx(frames, 1);
      if (read.type === 'invalid') throw new Error(read.reason);
      this.messages.push(read.records.map((record) => ('id' in record ? record.id : -1)));
      return Promise.resolve();
    };
    this.port.useSocket(0, { send } as unknown as Router);
    const peer = new Connection(0, ANYBODY, 'a', bytes('a')).mxPeer(0, [], 1);
    if (peer === undefined) throw new Error('there is room for one');
    this.peer = peer;
  }
}

/** Let everything run that does not wait for a timer. */
async function settle(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('records for an MX peer', () => {
  test('leave as one message when the turn is over, and nothing leaves when nothing was said', async () => {
    const { port, peer, messages } = new Setup();
    const carriers = [1, 2, 3].map((id) => port.append(peer, final(id)));
    expect(new Set(carriers).size).toBe(1);
    expect(messages).toEqual([]);
    port.flush();
    port.flush();
    await settle();
    expect(messages).toEqual([[1, 2, 3]]);
    expect(port.append(peer, final(4))).not.toBe(carriers[0]);
    port.flush();
    expect(messages).toEqual([[1, 2, 3], [4]]);
  });

  test('leave before when they are many or large, and still in order', async () => {
    const { port, peer, messages } = new Setup();
    for (let id = 0; id < 2500; id++) port.append(peer, final(id));
    port.flush();
    await settle();
    expect(messages.map(({ length }) => length)).toEqual([949, 949, 602]);
    expect(messages.flat()).toEqual(Array.from({ length: 2500 }, (_, id) => id));
    messages.length = 0;
    port.append(peer, final(1, new Uint8Array(70_000)));
    port.append(peer, final(2));
    port.flush();
    await settle();
    expect(messages).toEqual([[1], [2]]);
  });

  test('that a full peer does not take wait, and are refused when too many do, but for the urgent ones', async () => {
    const setup = new Setup();
    const { port, peer } = setup;
    setup.outcome = 'EAGAIN';
    const taken: boolean[] = [];
    for (let id = 1; id <= 5; id++) {
      taken.push(port.append(peer, final(id)) !== undefined);
      port.flush();
      await settle();
    }
    expect(taken).toEqual([true, true, true, false, false]);
    expect(port.isSlow(peer.connection)).toBe(true);
    expect(port.append(peer, final(6), true)).toBeDefined();
    port.flush();
    setup.outcome = undefined;
    await jest.advanceTimersByTimeAsync(50);
    expect(setup.messages).toEqual([[1], [2], [3], [6]]);
    expect(setup.relieved).toEqual(['a']);
    expect(port.isSlow(peer.connection)).toBe(false);
  });

  test('that a full peer does not take are bounded in bytes, also within one turn', async () => {
    const setup = new Setup();
    const { port, peer } = setup;
    setup.outcome = 'EAGAIN';
    port.append(peer, final(1));
    port.flush();
    await settle();
    const body = new Uint8Array(20_000);
    const taken = Array.from({ length: 8 }, (_, id) => port.append(peer, final(id, body)) !== undefined);
    expect(taken).toEqual([true, true, true, true, false, false, false, false]);
  });

  test('that cannot be delivered are told by the message that carried them', async () => {
    const setup = new Setup();
    setup.outcome = 'EHOSTUNREACH';
    const carrier = setup.port.append(setup.peer, final(1));
    expect(setup.port.append(setup.peer, final(2))).toBe(carrier);
    setup.port.flush();
    await settle();
    expect(setup.lost).toEqual([carrier]);
    expect(setup.lost[0]).toBe(carrier);
  });

  test('to a port that is closed go nowhere', () => {
    const { port, peer, messages } = new Setup();
    port.append(peer, final(1));
    port.close();
    port.flush();
    expect(messages).toEqual([]);
  });
});
