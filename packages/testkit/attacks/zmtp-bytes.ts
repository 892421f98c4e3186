// SPDX-License-Identifier: Apache-2.0
// zmtp-bytes - what a peer says on the wire, right or wrong: greetings, handshakes, frames

import type { Frame, MxRecord } from '@mdp/protocol';
import { encodeMx } from '@mdp/protocol';

const MORE = 1;
const LONG = 2;
const COMMAND = 4;

/** What a greeting says. */
export interface Greeting {
  /** The ten bytes in front. */
  readonly signature?: Buffer;
  readonly major?: number;
  readonly minor?: number;
  readonly mechanism?: string;
}

/** The ten bytes that every greeting since ZMTP 2.0 begins with. */
export const SIGNATURE: Buffer = Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f]);

/** The 64 bytes with which a peer of ZMTP 3 begins. */
export function greeting({ signature = SIGNATURE, major = 3, minor = 0, mechanism = 'NULL' }: Greeting = {}): Buffer {
  const name = Buffer.alloc(20);
  name.write(mechanism);
  return Buffer.concat([signature, Buffer.from([major, minor]), name, Buffer.alloc(32)]);
}

/** The head of a frame that says it has so many bytes, in the long form. */
export function longHead(length: bigint, more = false, command = false): Buffer {
  const head = Buffer.alloc(9);
  head[0] = LONG | (more ? MORE : 0) | (command ? COMMAND : 0);
  head.writeBigUInt64BE(length, 1);
  return head;
}

/** One frame. */
export function frame(body: Uint8Array | string, more = false, command = false): Buffer {
  const bytes = Buffer.from(body as Uint8Array);
  if (bytes.length > 255) return Buffer.concat([longHead(BigInt(bytes.length), more, command), bytes]);
  return Buffer.concat([Buffer.from([(more ? MORE : 0) | (command ? COMMAND : 0), bytes.length]), bytes]);
}

/** One message of these frames. */
export function message(...frames: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(frames.map((body, i) => frame(body, i < frames.length - 1)));
}

/** A command of ZMTP: its name, and what follows. */
export function command(name: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  return frame(Buffer.concat([Buffer.from([name.length]), Buffer.from(name), data]), false, true);
}

/** A property of a handshake. */
export function property(name: string, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, bytes]);
}

/** The command READY of a peer with the mechanism NULL. */
export function ready(type = 'DEALER', ...others: readonly Buffer[]): Buffer {
  return command('READY', Buffer.concat([property('Socket-Type', type), ...others]));
}

/** All that a DEALER says before its first message; with a routing id of its own choice, if it has one. */
export function hello(routingId?: Uint8Array | string): Buffer {
  const own = routingId === undefined ? [] : [property('Identity', routingId)];
  return Buffer.concat([greeting(), ready('DEALER', ...own)]);
}

/** A REQUEST of a client of RFC 18. */
export function request(service: string, ...body: readonly (Uint8Array | string)[]): Buffer {
  return message('MDPC02', '\x01', service, ...body);
}

/** A message of MX. */
export function mx(...records: readonly MxRecord<Frame>[]): Buffer {
  return message(...encodeMx(records));
}
