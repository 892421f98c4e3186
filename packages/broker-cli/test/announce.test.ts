// SPDX-License-Identifier: Apache-2.0
// announce.test - where it listens and to whom, in as many lines as there are endpoints, and what is open

import { describe, expect, test } from '@jest/globals';
import { announce, isLocal } from '../src/announce.js';
import type { Listening } from '../src/served-broker.js';
import { RecordingLog } from './support/recording-log.js';

const KEY = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
const plain = { curve: false, allow: false } as const;

function announced(listening: readonly Listening[], publicKey?: string): RecordingLog {
  const log = new RecordingLog('info');
  announce(listening, publicKey, log, false);
  return log;
}

test('one broker says where it listens, and nothing of threads', () => {
  const log = announced([{ role: 'client', endpoints: ['tcp://127.0.0.1:1'], ...plain }]);
  expect(log.lines).toEqual(['info listening on tcp://127.0.0.1:1 for clients only']);
  expect(log.fields).toEqual([{ event: 'listening', endpoint: 'tcp://127.0.0.1:1', role: 'client', ...plain }]);
});

test('several say whose endpoint each is, and once what to give to whom', () => {
  const listening = [
    { role: 'client', endpoints: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'], ...plain },
    { role: 'worker', endpoints: ['ipc://a', 'ipc://a-2'], ...plain },
  ] as const;
  const log = announced(listening);
  expect(log.lines).toEqual([
    'info thread 1: listening on tcp://127.0.0.1:1 for clients only',
    'info thread 2: listening on tcp://127.0.0.1:2 for clients only',
    'info thread 1: listening on ipc://a for workers only',
    'info thread 2: listening on ipc://a-2 for workers only',
    `info each of the 2 threads knows only who connects to it: give every client and worker all endpoints of a line:
  tcp://127.0.0.1:1 tcp://127.0.0.1:2 for clients only
  ipc://a ipc://a-2 for workers only`,
  ]);
  expect(log.fields[1]).toEqual({
    event: 'listening',
    thread: 2,
    endpoint: 'tcp://127.0.0.1:2',
    role: 'client',
    ...plain,
  });
  expect(log.fields[4]).toEqual({ event: 'threads', threads: 2, lists: listening });
});

test('an encrypted broker says which endpoints are, for whom, and its public key', () => {
  const log = announced(
    [
      { role: 'any', endpoints: ['tcp://127.0.0.1:1'], curve: true, allow: true },
      { role: 'client', endpoints: ['tcp://127.0.0.1:2'], curve: true, allow: true, services: ['resize', 'report.*'] },
      { role: 'any', endpoints: ['ipc://a'], ...plain, services: ['s'] },
    ],
    KEY,
  );
  expect(log.lines).toEqual([
    'info listening on tcp://127.0.0.1:1 (encrypted, for keys that are allowed)',
    'info listening on tcp://127.0.0.1:2 for clients only, services resize report.* (encrypted, for keys that are allowed)',
    'info listening on ipc://a for services s (not encrypted)',
    `info its public key, which clients and workers need: ${KEY}`,
  ]);
  expect(log.fields[1]).toMatchObject({ curve: true, allow: true, services: ['resize', 'report.*'] });
  expect(log.fields[3]).toEqual({ event: 'publicKey', publicKey: KEY });
});

test('it warns of endpoints that take any key, and of those that other machines reach without encryption', () => {
  const log = announced(
    [
      { role: 'any', endpoints: ['tcp://127.0.0.1:1'], curve: true, allow: false },
      { role: 'any', endpoints: ['tcp://0.0.0.0:2'], ...plain },
      { role: 'any', endpoints: ['tcp://127.0.0.1:3'], ...plain },
    ],
    KEY,
  );
  expect(log.lines.slice(-2)).toEqual([
    'warn whoever knows its public key may connect to tcp://127.0.0.1:1: say with --allow whose keys may',
    'warn tcp://0.0.0.0:2 is not encrypted, asks nobody for a key, and can be reached from other machines',
  ]);
});

test('it warns of nothing where nothing is encrypted', () => {
  expect(announced([{ role: 'any', endpoints: ['tcp://0.0.0.0:2'], ...plain }]).lines).toEqual([
    'info listening on tcp://0.0.0.0:2',
  ]);
});

describe('only this machine reaches', () => {
  test.each(['tcp://127.0.0.1:1', 'tcp://127.1.2.3:1', 'tcp://[::1]:1', 'tcp://localhost:1', 'ipc://x', 'inproc://x'])(
    '%s',
    (endpoint) => {
      expect(isLocal(endpoint)).toBe(true);
    },
  );

  test.each(['tcp://0.0.0.0:1', 'tcp://*:1', 'tcp://[::]:1', 'tcp://10.0.0.1:1', 'tcp://12.7.0.1:1'])(
    'not %s',
    (endpoint) => {
      expect(isLocal(endpoint)).toBe(false);
    },
  );
});
