// SPDX-License-Identifier: Apache-2.0
// dialect - which header and command bytes each spoken form of MDP uses

import type { Frame } from './frame.js';
import { bytes } from './frame.js';

/**
 * A spoken form of the Majordomo Protocol.
 *
 * - `rfc18`: MDP/0.2 as RFC 18 has it. The default everywhere.
 * - `majortomo`: MDP/0.2 as the Python package `majortomo` speaks it: an empty frame in front, the worker's
 *   command bytes on the client's side too, no service name in replies.
 * - `mdp01`: MDP/0.1 as RFC 7 has it: one REPLY instead of PARTIAL and FINAL.
 */
export type Dialect = 'rfc18' | 'majortomo' | 'mdp01';

/** Every dialect, in the order of the documentation. */
export const DIALECTS: readonly Dialect[] = ['rfc18', 'majortomo', 'mdp01'];

/** Length of every MDP header frame, in bytes. */
export const HEADER_LENGTH = 6;

/** The header frames: `C` is MDP/Client, `W` is MDP/Worker, the digits are the version. Never write to them. */
export const HEADERS = {
  client02: bytes('MDPC02'),
  worker02: bytes('MDPW02'),
  client01: bytes('MDPC01'),
  worker01: bytes('MDPW01'),
} as const;

/** The command bytes of MDP/Client in one dialect; `undefined` where the dialect has no such command byte. */
export interface ClientCommands {
  readonly request: number | undefined;
  readonly partial: number | undefined;
  readonly final: number | undefined;
}

/** The command bytes of MDP/Worker in one dialect; MDP/0.1 calls its FINAL a REPLY and has no PARTIAL. */
export interface WorkerCommands {
  readonly ready: number;
  readonly request: number;
  readonly partial: number | undefined;
  readonly final: number;
  readonly heartbeat: number;
  readonly disconnect: number;
}

/** MDP/Client command bytes by dialect (RFC 18 "MDP/Client"; RFC 7 has no command frame there). */
export const CLIENT_COMMANDS: Readonly<Record<Dialect, ClientCommands>> = {
  rfc18: { request: 1, partial: 2, final: 3 },
  majortomo: { request: 2, partial: 3, final: 4 },
  mdp01: { request: undefined, partial: undefined, final: undefined },
};

const WORKER_02: WorkerCommands = { ready: 1, request: 2, partial: 3, final: 4, heartbeat: 5, disconnect: 6 };

/** MDP/Worker command bytes by dialect (RFC 18 and RFC 7, "MDP/Worker"). */
export const WORKER_COMMANDS: Readonly<Record<Dialect, WorkerCommands>> = {
  rfc18: WORKER_02,
  majortomo: WORKER_02,
  mdp01: { ready: 1, request: 2, partial: undefined, final: 3, heartbeat: 4, disconnect: 5 },
};

/** A one-byte command frame for each command byte. They are sent again and again: never write to them. */
export const COMMAND_FRAMES: readonly Frame[] = Array.from({ length: 7 }, (_, byte) => Uint8Array.of(byte));

/** Whether `value` names a dialect. */
export function isDialect(value: unknown): value is Dialect {
  return value === 'rfc18' || value === 'majortomo' || value === 'mdp01';
}

/** What a header frame announces; `undefined` for every frame that is no known header. */
export type HeaderKind = 'client02' | 'worker02' | 'client01' | 'worker01';

/**
 * Recognise a header frame: exactly six bytes, `MDP`, `C` or `W`, `01` or `02` (MDP-B-06).
 *
 * @param frame - any frame from a peer
 */
export function headerKind(frame: Frame): HeaderKind | undefined {
  if (frame.length !== HEADER_LENGTH) return undefined;
  if (frame[0] !== 0x4d || frame[1] !== 0x44 || frame[2] !== 0x50 || frame[4] !== 0x30) return undefined;
  const side = frame[3];
  const version = frame[5];
  if (version === 0x32) return side === 0x43 ? 'client02' : side === 0x57 ? 'worker02' : undefined;
  if (version === 0x31) return side === 0x43 ? 'client01' : side === 0x57 ? 'worker01' : undefined;
  return undefined;
}
