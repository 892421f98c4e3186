// SPDX-License-Identifier: Apache-2.0
// wire - the commands of every dialect, frame by frame as the specifications have them, and nothing of our codec

import type { Dialect } from '@mdp/protocol';
import { DIALECTS } from '@mdp/protocol';

/** What a peer of a test may speak: a dialect, or MX. */
export type Tongue = Dialect | 'mx';

/** All of them. */
export const TONGUES: readonly Tongue[] = [...DIALECTS, 'mx'];

/** What a message says, whatever dialect it is in. */
export interface Said {
  readonly type: 'request' | 'partial' | 'final' | 'heartbeat' | 'disconnect' | 'cancel' | 'credit' | 'ready' | 'other';
  /** The frames of the body. */
  readonly body: Buffer[];
  /** The client address of a REQUEST to a worker; in MX the four bytes of its id. */
  readonly address?: Buffer;
  /** The deadline, credit or amount of MX. */
  readonly value?: number;
  /** The service name of a reply to a client, where the dialect has one. */
  readonly service?: string;
}

/** Frames as a test writes them. */
export type Frames = readonly (string | Uint8Array)[];

const byte = (value: number): Buffer => Buffer.of(value);

/** How a client says REQUEST. The id is MX's. */
export const REQUEST: Readonly<Record<Tongue, (service: string, body: Frames, id?: number) => Frames>> = {
  mx: (service, body, id = 0) => mx({ command: 'request', id, name: service, body }),
  rfc18: (service, body) => ['MDPC02', byte(1), service, ...body],
  majortomo: (service, body) => ['', 'MDPC02', byte(2), service, ...body],
  mdp01: (service, body) => ['', 'MDPC01', service, ...body],
};

/** What stands in front of a worker's command byte. */
const WORKER_FRONT: Readonly<Record<Dialect, readonly string[]>> = {
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

/** READY; an MX worker takes so many at once. */
export function ready(dialect: Tongue, service: string, credit = 1): Frames {
  if (dialect === 'mx') return mx({ command: 'ready', value: credit, name: service });
  return workerCommand(dialect, 'ready', service);
}

/** PARTIAL or FINAL of a worker. */
export function workerReply(dialect: Tongue, type: 'partial' | 'final', address: Uint8Array, body: Frames): Frames {
  // An address that is none of MX is an id that nobody was given.
  const id = address.length === 4 ? Buffer.from(address).readUInt32LE() : 0xfedcba98;
  if (dialect === 'mx') return mx({ command: type, id, body: body.length === 0 ? [''] : body });
  return workerCommand(dialect, type, address, '', ...body);
}

/** HEARTBEAT or DISCONNECT of a worker. */
export function workerSignal(dialect: Tongue, type: 'heartbeat' | 'disconnect'): Frames {
  if (dialect === 'mx') return mx({ command: type });
  return workerCommand(dialect, type);
}

function is(frame: Buffer | undefined, text: string): boolean {
  return frame?.toString('latin1') === text;
}

/** Read what a worker was sent. `other` is what no worker of the dialect may be sent. */
export function readAtWorker(dialect: Tongue, frames: Buffer[]): Said {
  if (dialect === 'mx') return readMx(frames);
  const other: Said = { type: 'other', body: frames };
  const front = WORKER_FRONT[dialect];
  if (!front.every((text, i) => is(frames[i], text))) return other;
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
export function readAtClient(dialect: Tongue, frames: Buffer[]): Said {
  if (dialect === 'mx') return readMx(frames);
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

const MX_CODES = { ready: 1, request: 2, partial: 3, final: 4, heartbeat: 5, disconnect: 6, cancel: 7, credit: 8 };

/** A record of MX as a test writes it. */
interface MxSaid {
  readonly command: keyof typeof MX_CODES;
  readonly id?: number;
  readonly value?: number;
  readonly name?: string;
  readonly body?: Frames;
}

function u32(value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(value);
  return four;
}

function mxRecord({ command, id = 0, value = 0, name = '', body = [] }: MxSaid): Buffer {
  const frames = body.map((frame) => Buffer.from(frame));
  const count = Buffer.alloc(2);
  count.writeUInt16LE(frames.length);
  const rest = [
    Buffer.of(MX_CODES[command], 0),
    count,
    u32(id),
    u32(value),
    Buffer.of(Buffer.byteLength(name)),
    Buffer.from(name),
    ...frames.map(({ length }) => u32(length)),
    ...frames,
  ];
  const bytes = Buffer.concat(rest);
  return Buffer.concat([u32(bytes.length + 4), bytes]);
}

/** A message of MX with these records. */
export function mx(...records: readonly MxSaid[]): Frames {
  return [Buffer.concat([Buffer.from('MDPX01'), ...records.map(mxRecord)])];
}

/** The messages of one record each that say the same as one of MX; any other message is left as it is. */
export function splitMx(frames: Buffer[]): Buffer[][] {
  const [batch, ...apart] = frames;
  if (batch === undefined || batch.length <= 6 || batch.toString('latin1', 0, 6) !== 'MDPX01') return [frames];
  const messages: Buffer[][] = [];
  for (let at = 6; at < batch.length; at += batch.readUInt32LE(at)) {
    const record = batch.subarray(at, at + batch.readUInt32LE(at));
    const lengthsAt = identityEnd(record, 0);
    let taken = 0;
    for (let i = 0; i < record.readUInt16LE(6); i++) if (record.readUInt32LE(lengthsAt + 4 * i) >= 2 ** 31) taken++;
    messages.push([Buffer.concat([Buffer.from('MDPX01'), record]), ...apart.splice(0, taken)]);
  }
  return messages;
}

/** Where the lengths of the body frames stand in the record at an offset: behind the name, and the identity that the flags announce. */
function identityEnd(bytes: Buffer, record: number): number {
  const nameEnd = record + 17 + (bytes[record + 16] ?? 0);
  const flags = bytes[record + 5] ?? 0;
  if (flags === 0) return nameEnd;
  const keyEnd = nameEnd + 2 + (bytes[nameEnd + 1] ?? 0);
  return flags === 1 ? keyEnd : keyEnd + 2 + bytes.readUInt16LE(keyEnd);
}

/** Read a message of one record. */
function readMx(frames: Buffer[]): Said {
  const [batch, ...apart] = frames;
  const code = batch?.[10];
  const type = Object.entries(MX_CODES).find(([, value]) => value === code)?.[0];
  if (batch === undefined || type === undefined) return { type: 'other', body: frames };
  const nameEnd = 23 + (batch[22] ?? 0);
  const lengthsAt = identityEnd(batch, 6);
  const count = batch.readUInt16LE(12);
  let at = lengthsAt + 4 * count;
  const body: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const length = batch.readUInt32LE(lengthsAt + 4 * i);
    if (length >= 2 ** 31) body.push(apart.shift() as Buffer);
    else body.push(batch.subarray(at, (at += length)));
  }
  const said = {
    type: type as Said['type'],
    body,
    value: batch.readUInt32LE(18),
    service: batch.toString('utf8', 23, nameEnd),
  };
  return { ...said, address: Buffer.from(batch.subarray(14, 18)) };
}
