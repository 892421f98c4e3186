// SPDX-License-Identifier: Apache-2.0
// vectors - the JSON files of packages/protocol/vectors as typed rows, and bytes to and from hex

import { readFileSync } from 'node:fs';
import type { Dialect, Frame, InvalidReason, MxInvalidReason, StrayToken } from '@mdp/protocol';

/** Bytes of a frame, explained: all `hex` of a frame's parts joined are the frame. */
export interface VectorBytes {
  readonly hex: string;
  readonly is: string;
}

/** One frame of a vector. */
export interface VectorFrame {
  readonly hex: string;
  readonly field: string;
  readonly bytes?: readonly VectorBytes[];
}

/** The message that a vector holds; frames are hex. */
export interface VectorMessage {
  readonly type: 'request' | 'ready' | 'partial' | 'final' | 'heartbeat' | 'disconnect';
  readonly dialect?: Dialect;
  readonly address?: readonly string[];
  readonly service?: string;
  readonly token?: string;
  readonly body?: readonly string[];
}

/** One message on the wire: either `message` or `invalid` is there. */
export interface MessageVector {
  readonly id: string;
  readonly title: string;
  readonly dialect: Dialect;
  readonly from: 'client' | 'worker' | 'broker';
  readonly decoder: 'client' | 'worker' | 'broker';
  readonly router?: boolean;
  readonly rules: readonly string[];
  readonly frames: readonly VectorFrame[];
  readonly message?: VectorMessage;
  readonly invalid?: InvalidReason;
  readonly canonical?: boolean;
  readonly padded?: boolean;
  readonly answer?: readonly VectorFrame[];
}

/** A frame of a service name; `name` is null where it holds none. */
export interface NameVector {
  readonly id: string;
  readonly title: string;
  readonly hex: string;
  readonly name: string | null;
}

/** The body of a FINAL; `reply` is null where it is an ordinary result. */
export interface ErrorVector {
  readonly id: string;
  readonly title: string;
  readonly body: readonly VectorFrame[];
  readonly reply: { readonly status: number; readonly message: string } | null;
}

/** A token of a broker. */
export interface TokenVector {
  readonly id: string;
  readonly title: string;
  readonly nonce: string;
  readonly sequence: number;
  readonly hex: string;
  readonly bytes: readonly VectorBytes[];
}

/** A token that is nobody's current attempt, at a broker that has made `made` tokens. */
export interface StrayVector {
  readonly id: string;
  readonly title: string;
  readonly nonce: string;
  readonly made: number;
  readonly hex: string;
  readonly stray: StrayToken;
}

/** An MX message: either `records` or `invalid` is there. Bodies are hex. */
export interface MxVector {
  readonly id: string;
  readonly title: string;
  readonly frames: readonly VectorFrame[];
  readonly records?: readonly (Record<string, unknown> & { readonly type: string })[];
  readonly invalid?: MxInvalidReason;
  readonly canonical?: boolean;
}

/** The files with {@link MessageVector}s. */
export const MESSAGE_FILES = [
  'client-to-broker',
  'worker-to-broker',
  'broker-to-client',
  'broker-to-worker',
  'addresses',
] as const;

function load(file: string): Record<string, unknown> {
  const url = new URL(`../../vectors/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>;
}

/** The rows of one file of messages. */
export function messageVectors(file: (typeof MESSAGE_FILES)[number]): MessageVector[] {
  return load(file)['vectors'] as MessageVector[];
}

/** The rows of all files of messages. */
export function allMessageVectors(): MessageVector[] {
  return MESSAGE_FILES.flatMap(messageVectors);
}

/** The rows of service-names.json. */
export function nameVectors(): NameVector[] {
  return load('service-names')['vectors'] as NameVector[];
}

/** The rows of error-replies.json. */
export function errorVectors(): ErrorVector[] {
  return load('error-replies')['vectors'] as ErrorVector[];
}

/** The rows of tokens.json. */
export function tokenVectors(): { readonly vectors: TokenVector[]; readonly strays: StrayVector[] } {
  return load('tokens') as unknown as { vectors: TokenVector[]; strays: StrayVector[] };
}

/** The rows of mx.json. */
export function mxVectors(): MxVector[] {
  return load('mx')['vectors'] as MxVector[];
}

/** The bytes that hex stands for, in memory of their own: no test can change those of another. */
export function unhex(hex: string): Frame {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Hex of some bytes. */
export function hex(frame: Frame): string {
  return Buffer.from(frame).toString('hex');
}

/** The frames of a vector, freshly made. */
export function framesOf(frames: readonly VectorFrame[]): Frame[] {
  return frames.map((frame) => unhex(frame.hex));
}
