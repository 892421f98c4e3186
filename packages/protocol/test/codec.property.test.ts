// SPDX-License-Identifier: Apache-2.0
// codec.property.test - what holds for every message there can be

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BrokerInbound, ClientInbound, Dialect, Frame, InvalidMessage, WorkerInbound } from '@mdp/protocol';
import {
  EMPTY_FRAME,
  INVALID_REASONS,
  MAX_ADDRESS_FRAMES,
  MAX_ADDRESS_FRAME_BYTES,
  byteLength,
  decodeAtBroker,
  decodeAtClient,
  decodeAtWorker,
  decodeErrorReply,
  decodeServiceName,
  encodeClientReply,
  encodeErrorReply,
  encodeReady,
  encodeRequest,
  encodeServiceName,
  encodeSignal,
  encodeWorkerReply,
  encodeWorkerRequest,
} from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import {
  anyAddress,
  anyBody,
  anyDamage,
  anyDialect,
  anyFrame,
  anyService,
  anyToken,
  damaged,
  encodedMessage,
  fullBody,
  hostileMessage,
} from './support/arbitrary.js';

const input = hostileMessage;
const RUNS = { runs: 1000 };

/** The frames that a client or worker puts in front of its header. */
const own = (dialect: Dialect): readonly Frame[] => (dialect === 'rfc18' ? [] : [EMPTY_FRAME]);

/** What a broker received, as its sender made it, but behind the address it came with. */
function again(message: BrokerInbound): Frame[] {
  const { dialect, address } = message;
  const from = (frames: Frame[]): Frame[] => [...address, ...frames.slice(own(dialect).length)];
  switch (message.type) {
    case 'request':
      return from(encodeRequest(dialect, encodeServiceName(message.service), message.body));
    case 'ready':
      return from(encodeReady(dialect, encodeServiceName(message.service)));
    case 'heartbeat':
    case 'disconnect':
      return from(encodeSignal(dialect, message.type));
    case 'partial':
    case 'final':
      return message.body.length === 0
        ? [...address, ...encodeWorkerReply('majortomo', message.type, message.token, []).slice(1)]
        : from(encodeWorkerReply(dialect, message.type, message.token, message.body));
  }
}

/** What a client or a worker received, as a broker makes it. */
function fromBroker(dialect: Dialect, message: ClientInbound | WorkerInbound): Frame[] {
  switch (message.type) {
    case 'request':
      return encodeWorkerRequest(dialect, own(dialect), message.token, message.body);
    case 'heartbeat':
    case 'disconnect':
      return encodeSignal(dialect, message.type, own(dialect));
    case 'partial':
    case 'final':
      return encodeClientReply(
        dialect,
        own(dialect),
        message.type,
        encodeServiceName(message.service ?? 'not sent'),
        message.body,
      );
  }
}

function expectReason(message: InvalidMessage): void {
  expect(INVALID_REASONS).toContain(message.reason);
  expect(Object.keys(message)).toEqual(['type', 'reason']);
}

describe('whatever a peer sends', () => {
  test('a broker reads a message of it, or a reason why it is none, and never throws (MDP-B-30)', () => {
    check(
      fc.property(input, fc.boolean(), (frames, routed) => {
        const message = decodeAtBroker(frames, routed ? 1 : 0);
        if (message.type === 'invalid') {
          expectReason(message);
          return;
        }
        expect(message.address.length).toBeLessThanOrEqual(MAX_ADDRESS_FRAMES);
        for (const frame of message.address) expect(frame.length).toBeLessThanOrEqual(MAX_ADDRESS_FRAME_BYTES);
        // Nothing is lost and nothing is made up: the message alone tells every frame that was received.
        expect(again(message)).toEqual(frames.slice(routed ? 1 : 0));
      }),
      RUNS,
    );
  });

  test('a client reads a reply of it, or a reason why it is none, and never throws (MDP-C-11)', () => {
    check(
      fc.property(input, anyDialect, (frames, dialect) => {
        const message = decodeAtClient(dialect, frames);
        if (message.type === 'invalid') expectReason(message);
        else expect(fromBroker(dialect, message)).toEqual(frames);
      }),
      RUNS,
    );
  });

  test('a worker reads a command of it, or a reason why it is none, and never throws (MDP-W-02)', () => {
    check(
      fc.property(input, anyDialect, (frames, dialect) => {
        const message = decodeAtWorker(dialect, frames);
        if (message.type === 'invalid') expectReason(message);
        else expect(fromBroker(dialect, message)).toEqual(frames);
      }),
      RUNS,
    );
  });

  test('service names and error replies are read, or are none', () => {
    check(
      fc.property(anyFrame, anyBody, (frame, body) => {
        const name = decodeServiceName(frame);
        if (name !== undefined) expect(encodeServiceName(name)).toEqual(Uint8Array.from(frame));
        const reply = decodeErrorReply(body);
        if (reply !== undefined) expect(encodeErrorReply(reply.status, reply.message)).toEqual(body);
      }),
      RUNS,
    );
  });

  test('an error reply is read as it was said, and when it was damaged on its way it is one, or a result', () => {
    const status = fc.integer({ min: 100, max: 999 });
    check(
      fc.property(status, fc.string({ unit: 'binary', maxLength: 40 }), anyDamage, (code, message, damages) => {
        const body = encodeErrorReply(code, message.toWellFormed());
        expect(decodeErrorReply(body)).toEqual({ status: code, message: message.toWellFormed() });
        const read = decodeErrorReply(damaged(body, damages));
        if (read === undefined) return;
        expect(encodeErrorReply(read.status, read.message)).toEqual(damaged(body, damages));
      }),
      RUNS,
    );
  });
});

describe('whatever is encoded', () => {
  test('by a client is read by a broker, behind any address', () => {
    check(
      fc.property(anyDialect, anyAddress, anyService, fullBody, (dialect, address, service, body) => {
        const frames = encodeRequest(dialect, encodeServiceName(service), body).slice(own(dialect).length);
        expect(decodeAtBroker([...address, ...frames])).toEqual({ type: 'request', dialect, address, service, body });
      }),
    );
  });

  test('by a worker is read by a broker, behind any address', () => {
    check(
      fc.property(anyDialect, anyAddress, anyService, anyToken, anyBody, (spoken, address, service, token, body) => {
        const dialect = spoken === 'mdp01' ? 'mdp01' : 'rfc18';
        const read = (frames: Frame[]): unknown => decodeAtBroker([...address, ...frames.slice(own(spoken).length)]);
        const padded = body.length === 0 && spoken !== 'majortomo' ? [EMPTY_FRAME] : body;
        expect(read(encodeReady(spoken, encodeServiceName(service)))).toEqual({
          type: 'ready',
          dialect,
          address,
          service,
        });
        for (const type of ['heartbeat', 'disconnect'] as const) {
          expect(read(encodeSignal(spoken, type))).toEqual({ type, dialect, address });
        }
        for (const type of ['partial', 'final'] as const) {
          if (type === 'partial' && spoken === 'mdp01') continue;
          const frames = encodeWorkerReply(spoken, type, token, body);
          expect(read(frames)).toEqual({ type, dialect, address, token, body: padded });
        }
      }),
    );
  });

  test('by a broker is read by a client and by a worker', () => {
    check(
      fc.property(anyDialect, anyService, anyToken, anyBody, (dialect, service, token, body) => {
        const padded = body.length === 0 ? [EMPTY_FRAME] : body;
        for (const type of ['partial', 'final'] as const) {
          if (type === 'partial' && dialect === 'mdp01') continue;
          const reply = encodeClientReply(dialect, own(dialect), type, encodeServiceName(service), body);
          expect(decodeAtClient(dialect, reply)).toEqual(
            dialect === 'majortomo' ? { type, service: undefined, body } : { type, service, body: padded },
          );
        }
        const request = encodeWorkerRequest(dialect, own(dialect), token, body);
        expect(decodeAtWorker(dialect, request)).toEqual({ type: 'request', token, body: padded });
        for (const type of ['heartbeat', 'disconnect'] as const) {
          expect(decodeAtWorker(dialect, encodeSignal(dialect, type, own(dialect)))).toEqual({ type });
        }
      }),
    );
  });
});

describe('the work for a message is bounded', () => {
  /** Frames that count how often one of them is looked at. */
  function counting(frames: readonly Frame[]): { readonly frames: readonly Frame[]; readonly seen: () => number } {
    let seen = 0;
    return {
      frames: new Proxy(frames, {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) seen++;
          return Reflect.get(target, key) as unknown;
        },
      }),
      seen: () => seen,
    };
  }

  test('a message without a header costs no more than the longest address does', () => {
    const flood = counting(Array.from({ length: 100_000 }, () => EMPTY_FRAME));
    expect(decodeAtBroker(flood.frames, 1)).toEqual({ type: 'invalid', reason: 'address-too-long' });
    expect(flood.seen()).toBeLessThanOrEqual(MAX_ADDRESS_FRAMES + 1);
    for (const decode of [decodeAtClient, decodeAtWorker]) {
      const other = counting(flood.frames);
      expect(decode('majortomo', other.frames)).toEqual({ type: 'invalid', reason: 'no-header' });
      expect(other.seen()).toBeLessThanOrEqual(2);
    }
  });

  test('whatever comes, each frame is looked at a few times at most, and what is read is not larger than what came', () => {
    check(
      fc.property(fc.oneof(input, encodedMessage), anyDialect, (frames, dialect) => {
        const decoders = [
          (all: readonly Frame[]) => decodeAtBroker(all, 1),
          (all: readonly Frame[]) => decodeAtClient(dialect, all),
          (all: readonly Frame[]) => decodeAtWorker(dialect, all),
        ];
        const size = byteLength(frames);
        for (const decode of decoders) {
          const counted = counting(frames);
          const message = decode(counted.frames);
          // Copying the body looks at each of its frames once more.
          expect(counted.seen()).toBeLessThanOrEqual(3 * frames.length + 4);
          if (message.type === 'invalid') continue;
          const held = [...('address' in message ? message.address : []), ...('body' in message ? message.body : [])];
          expect(held.length).toBeLessThan(frames.length);
          expect(byteLength(held)).toBeLessThanOrEqual(size);
          // No byte is copied.
          expect(held.every((frame) => frames.includes(frame))).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('long frames are not read where a short one belongs', () => {
    /** Says that it has a million bytes, and shows none of them. */
    const long = new Proxy(new Uint8Array(0), {
      get(target, key) {
        if (key === 'length') return 1_000_000;
        throw new Error(`read ${String(key)}`);
      },
    });
    const refused = (frames: readonly Frame[]): unknown => decodeAtBroker(frames);
    const [c2 = EMPTY_FRAME, request = EMPTY_FRAME] = encodeRequest('rfc18', encodeServiceName('echo'), [EMPTY_FRAME]);
    const [w2 = EMPTY_FRAME, final = EMPTY_FRAME] = encodeWorkerReply('rfc18', 'final', request, []);
    expect(refused([long])).toMatchObject({ reason: 'address-too-long' });
    expect(refused([c2, long, request, request])).toMatchObject({ reason: 'unknown-command' });
    expect(refused([c2, request, long, request])).toMatchObject({ reason: 'bad-service-name' });
    expect(refused([w2, final, long, EMPTY_FRAME])).toMatchObject({ reason: 'no-client-address' });
    expect(refused([w2, final, request, long])).toMatchObject({ reason: 'no-delimiter' });
    expect(refused([c2, request, request, long])).toMatchObject({ reason: 'bad-service-name' });
    expect(decodeErrorReply([long, request, request])).toBeUndefined();
  });
});
