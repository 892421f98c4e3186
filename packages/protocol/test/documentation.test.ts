// SPDX-License-Identifier: Apache-2.0
// documentation.test - what docs/errors.md and docs/wire.md list is what the code has

import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Dialect, Frame } from '@mdp/protocol';
import * as protocol from '@mdp/protocol';
import {
  BROKER_STATUSES,
  DEFAULT_HEARTBEAT_INTERVAL_MS,
  DEFAULT_HEARTBEAT_LIVENESS,
  DIALECTS,
  ERROR_CODES,
  INVALID_REASONS,
  MAX_ADDRESS_FRAMES,
  MAX_ADDRESS_FRAME_BYTES,
  STATUS,
  bytes,
  decodeAtBroker,
  decodeAtClient,
  decodeAtWorker,
  encodeClientReply,
  encodeReady,
  encodeRequest,
  encodeSignal,
  encodeWorkerReply,
  encodeWorkerRequest,
} from '@mdp/protocol';
import { hex, unhex } from './support/vectors.js';

function read(path: string): string {
  return readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8');
}

/** The cells of the table rows below a heading, up to the next heading of any level; without the head of the table. */
function tableBelow(document: string, heading: string): string[][] {
  const lines = document.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`there is no heading ${heading}`);
  const end = lines.findIndex((line, index) => index > start && /^#+ /.test(line));
  return lines
    .slice(start, end < 0 ? undefined : end)
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** Names in the classes that the code exports, by their code. */
const CLASSES = new Map(
  Object.entries(protocol)
    .filter(([name]) => name.endsWith('Error') && !['MdpError', 'RequestError'].includes(name))
    .map(([name]) => name)
    .map((name) => [name, (protocol as unknown as Record<string, { prototype: object }>)[name]] as const),
);

describe('docs/errors.md', () => {
  const document = read('errors.md');

  test('has a section for each code, in their order', () => {
    const sections = [...document.matchAll(/^### (MDP_\w+)$/gm)].map(([, code]) => code);
    expect(sections).toEqual(ERROR_CODES);
    for (const code of ERROR_CODES) expect(document).toContain(`(#${code.toLowerCase()})`);
  });

  test('says in each section when it comes and what to do', () => {
    for (const section of document.split(/^### /m).slice(1)) expect(section).toMatch(/\*\*Do:\*\* \S/);
  });

  test('lists each code with its class, and whether it ends a request', () => {
    const rows = tableBelow(document, 'Codes');
    expect(rows.map(([code = '']) => /MDP_\w+/.exec(code)?.[0])).toEqual(ERROR_CODES);
    expect(rows.map(([, name = '']) => name.replaceAll('`', '')).sort()).toEqual([...CLASSES.keys()].sort());
    for (const [, name = '', ends] of rows) {
      const { prototype } = CLASSES.get(name.replaceAll('`', '')) ?? { prototype: {} };
      expect([name, ends]).toEqual([name, prototype instanceof protocol.RequestError ? 'yes' : 'no']);
    }
  });

  test('lists each status with its name, and from whom it comes', () => {
    const rows = tableBelow(document, 'Statuses');
    expect(rows.map(([status, name = '']) => [name.replaceAll('`', ''), Number(status)])).toEqual(
      Object.entries(STATUS),
    );
    for (const [status, , from] of rows) {
      expect([status, from === 'broker']).toEqual([status, BROKER_STATUSES.includes(Number(status))]);
    }
  });
});

describe('docs/wire.md', () => {
  const document = read('wire.md');
  const service = bytes('svc');
  const token = bytes('A');

  /** One or more frames, or none, for what the table calls `body+` and `body*`. */
  const BODIES: Readonly<Record<string, readonly Frame[]>> = { 'body+': [bytes('body')], 'body*': [] };
  const SIGNS: Readonly<Record<string, Frame>> = {
    C2: bytes('MDPC02'),
    W2: bytes('MDPW02'),
    C1: bytes('MDPC01'),
    W1: bytes('MDPW01'),
    e: new Uint8Array(0),
    svc: service,
    A: token,
  };

  /** The frames that a cell of the table stands for. */
  function framesOf(cell: string): { readonly frames: Frame[]; readonly body: readonly Frame[] } {
    const signs = cell.replace(' (REPLY)', '').split(' ');
    const body = BODIES[signs.at(-1) ?? ''] ?? [];
    const frames = signs.flatMap((sign) => BODIES[sign] ?? [SIGNS[sign] ?? unhex(sign)]);
    return { frames, body };
  }

  function encoded(command: string, route: string, dialect: Dialect, body: readonly Frame[]): Frame[] {
    const envelope = dialect === 'rfc18' ? [] : [new Uint8Array(0)];
    const type = command.toLowerCase();
    if (type === 'heartbeat' || type === 'disconnect') {
      expect(encodeSignal(dialect, type, envelope)).toEqual(encodeSignal(dialect, type));
      return encodeSignal(dialect, type);
    }
    switch (`${route}: ${type}`) {
      case 'client, broker: request':
        return encodeRequest(dialect, service, body);
      case 'broker, client: partial':
      case 'broker, client: final':
        return encodeClientReply(dialect, envelope, type as 'final', service, body);
      case 'worker, broker: ready':
        return encodeReady(dialect, service);
      case 'broker, worker: request':
        return encodeWorkerRequest(dialect, envelope, token, body);
      case 'worker, broker: partial':
      case 'worker, broker: final':
        return encodeWorkerReply(dialect, type as 'final', token, body);
      default:
        throw new Error(`the table has an unknown row: ${command}, ${route}`);
    }
  }

  test('has every command of every dialect as the encoders make it', () => {
    const rows = tableBelow(document, 'Dialects');
    expect(rows).toHaveLength(9);
    for (const [command = '', route = '', ...cells] of rows) {
      expect(cells).toHaveLength(DIALECTS.length);
      DIALECTS.forEach((dialect, index) => {
        const cell = cells[index] ?? '';
        if (cell === '-') {
          expect(() => encoded(command, route, dialect, [bytes('body')])).toThrow(`'final' in dialect ${dialect}`);
          return;
        }
        const { frames, body } = framesOf(cell);
        expect([command, dialect, encoded(command, route, dialect, body).map(hex)]).toEqual([
          command,
          dialect,
          frames.map(hex),
        ]);
      });
    }
  });

  test('has every cause for which a message is invalid', () => {
    const causes = tableBelow(document, 'What is invalid').map(([cause = '']) => cause.replaceAll('`', ''));
    expect(causes).toEqual(INVALID_REASONS);
    const ofVectors = readFileSync(new URL('../vectors/README.md', import.meta.url), 'utf8');
    for (const cause of causes) expect(ofVectors).toContain(`| \`${cause}\``);
  });

  test('has the limits of an address and the defaults of time', () => {
    expect(document).toContain(
      `${String(MAX_ADDRESS_FRAMES)} frames of at most ${String(MAX_ADDRESS_FRAME_BYTES)} bytes`,
    );
    const defaults = new Map(tableBelow(document, 'Time').map(([what, value]) => [what, value]));
    expect(defaults.get('heartbeat interval')).toBe(`${DEFAULT_HEARTBEAT_INTERVAL_MS.toLocaleString('en')} ms`);
    expect(defaults.get('liveness, in intervals')).toMatch(new RegExp(`^${String(DEFAULT_HEARTBEAT_LIVENESS)} `));
  });

  test('has a session whose every line decodes to what it says', () => {
    const lines = [...document.matchAll(/^(client|worker) +([<>]) +([0-9a-f |]+?) {2,}\w+, (\w+)/gm)];
    expect(lines).toHaveLength(8);
    for (const [, peer, direction, frames = '', command = ''] of lines) {
      const message = frames.split('|').map((frame) => unhex(frame.trim()));
      const decoded =
        direction === '>'
          ? decodeAtBroker(message)
          : peer === 'client'
            ? decodeAtClient('rfc18', message)
            : decodeAtWorker('rfc18', message);
      expect(decoded.type).toBe(command.toLowerCase());
    }
  });
});
