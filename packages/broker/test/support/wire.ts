// SPDX-License-Identifier: Apache-2.0
// wire - the commands of every dialect, frame by frame as the specifications have them, and nothing of our codec

import type { Dialect } from '@mdp/protocol';

/** What a message says, whatever dialect it is in. */
export interface Said {
  readonly type: 'request' | 'partial' | 'final' | 'heartbeat' | 'disconnect' | 'other';
  /** The frames of the body. */
  readonly body: Buffer[];
  /** The client address of a REQUEST to a worker. */
  readonly address?: Buffer;
  /** The service name of a reply to a client, where the dialect has one. */
  readonly service?: string;
}

/** Frames as a test writes them. */
export type Frames = readonly (string | Uint8Array)[];

const byte = (value: number): Buffer => Buffer.of(value);

/** How a client says REQUEST. */
export const REQUEST: Readonly<Record<Dialect, (service: string, body: Frames) => Frames>> = {
  rfc18: (service, body) => ['MDPC02', byte(1), service, ...body],
  majortomo: (service, body) => ['', 'MDPC02', byte(2), service, ...body],
  mdp01: (service, body) => ['', 'MDPC01', service, ...body],
};

/** What stands in front of a worker's command byte. */
const WORKER_FRONT: Readonly<Record<Dialect, Frames>> = {
  rfc18: ['MDPW02'],
  majortomo: ['', 'MDPW02'],
  mdp01: ['', 'MDPW01'],
};

const WORKER_BYTES: Readonly<Record<Dialect, Readonly<Record<string, number>>>> = {
  rfc18: { ready: 1, request: 2, partial: 3, final: 4, heartbeat: 5, disconnect: 6 },
  majortomo: { ready: 1, request: 2, partial: 3, final: 4, heartbeat: 5, disconnect: 6 },
  mdp01: { ready: 1, request: 2, final: 3, heartbeat: 4, disconnect: 5 },
};

function workerCommand(dialect: Dialect, command: string, ...rest: Frames): Frames {
  const value = WORKER_BYTES[dialect][command];
  if (value === undefined) throw new Error(`${dialect} has no ${command}`);
  return [...WORKER_FRONT[dialect], byte(value), ...rest];
}

/** READY. */
export function ready(dialect: Dialect, service: string): Frames {
  return workerCommand(dialect, 'ready', service);
}

/** PARTIAL or FINAL of a worker. */
export function workerReply(dialect: Dialect, type: 'partial' | 'final', address: Uint8Array, body: Frames): Frames {
  return workerCommand(dialect, type, address, '', ...body);
}

/** HEARTBEAT or DISCONNECT of a worker. */
export function workerSignal(dialect: Dialect, type: 'heartbeat' | 'disconnect'): Frames {
  return workerCommand(dialect, type);
}

function is(frame: Buffer | undefined, text: string): boolean {
  return frame?.toString('latin1') === text;
}

/** Read what a worker was sent. `other` is what no worker of the dialect may be sent. */
export function readAtWorker(dialect: Dialect, frames: Buffer[]): Said {
  const other: Said = { type: 'other', body: frames };
  const front = WORKER_FRONT[dialect];
  if (!front.every((text, i) => is(frames[i], text as string))) return other;
  const [command, address, delimiter, ...body] = frames.slice(front.length);
  if (command?.length !== 1) return other;
  const name = Object.entries(WORKER_BYTES[dialect]).find(([, value]) => value === command[0])?.[0];
  if (name === 'request') {
    return address !== undefined && delimiter?.length === 0 && body.length > 0 ? { type: name, body, address } : other;
  }
  if (name === 'heartbeat' || name === 'disconnect') return address === undefined ? { type: name, body: [] } : other;
  return other;
}

const CLIENT_BYTES = { rfc18: { partial: 2, final: 3 }, majortomo: { partial: 3, final: 4 } } as const;

/** Read what a client was sent. `other` is what no client of the dialect may be sent. */
export function readAtClient(dialect: Dialect, frames: Buffer[]): Said {
  const other: Said = { type: 'other', body: frames };
  if (dialect === 'mdp01') {
    const [empty, header, service, ...body] = frames;
    if (!is(empty, '') || !is(header, 'MDPC01') || service === undefined || body.length === 0) return other;
    return { type: 'final', body, service: service.toString() };
  }
  const rest = dialect === 'majortomo' ? frames.slice(1) : frames;
  if (dialect === 'majortomo' && !is(frames[0], '')) return other;
  const [header, command, ...after] = rest;
  if (!is(header, 'MDPC02') || command?.length !== 1) return other;
  const { partial, final } = CLIENT_BYTES[dialect];
  const type = command[0] === partial ? 'partial' : command[0] === final ? 'final' : 'other';
  if (dialect === 'majortomo') return { type, body: after };
  const [service, ...body] = after;
  if (service === undefined || body.length === 0) return other;
  return { type, body, service: service.toString() };
}
