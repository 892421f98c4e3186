// SPDX-License-Identifier: Apache-2.0
// ledger - what processes write down of every request, one JSON line each, and how all of it is read again

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a request is answered by one message or by many. */
export type RequestKind = 'call' | 'stream';

/** A client has made a request. */
export interface Sent {
  readonly what: 'sent';
  readonly id: string;
  readonly service: string;
  readonly kind: RequestKind;
  /** Whether its work must not be begun twice: neither the broker nor the client repeats it. */
  readonly once: boolean;
}

/** A client has got a PARTIAL of a stream. */
export interface Part {
  readonly what: 'part';
  readonly id: string;
  /** Which it is, as its worker numbered it, from 0. */
  readonly n: number;
  /** Which worker made it, and for which request. */
  readonly worker: string;
  readonly for: string;
  readonly intact: boolean;
}

/** A request has ended at its client. */
export interface Ended {
  readonly what: 'ended';
  readonly id: string;
  /** `reply`, or the code of the error. */
  readonly outcome: string;
  /** The status of an error reply. */
  readonly status?: number;
  /** Of a reply: which worker made it, and for which request. */
  readonly worker?: string;
  readonly for?: string;
  /** Of a reply: whether its bytes are those that belong to the request. */
  readonly intact?: boolean;
  /** Of a stream that ended with a reply: how many PARTIALs its worker made. */
  readonly parts?: number;
}

/** A worker has begun the work of a request. */
export interface Began {
  readonly what: 'began';
  readonly id: string;
  /** The endpoint of the broker that gave it. */
  readonly endpoint: string;
}

/** A worker is about to send the first part of a stream. */
export interface Streamed {
  readonly what: 'streamed';
  readonly id: string;
}

/** A worker has done the work of a request. It is on disk before the reply leaves. */
export interface Executed {
  readonly what: 'executed';
  readonly id: string;
}

/** The controller begins to do something to a process. */
export interface FaultBegan {
  readonly what: 'faultBegan';
  /** A number that no other fault of the run has. */
  readonly fault: number;
  readonly kind: string;
  readonly role: Role;
  readonly target: string;
  /** Where the target listens, when it is a broker. */
  readonly endpoint?: string;
}

/** What was done to a process is undone, or over. */
export interface FaultOver {
  readonly what: 'faultOver';
  readonly fault: number;
}

/** A process has been started, or has ended: one that was made to. */
export interface Life {
  readonly what: 'started' | 'gone';
  readonly role: Role;
  readonly name: string;
}

/** What a process is. */
export type Role = 'broker' | 'worker' | 'client';

/** Who wrote something down, and when: milliseconds of the one monotonic clock that all processes of the machine share. */
interface Written {
  readonly at: number;
  readonly who: string;
}

/** One line of a ledger. */
export type Entry = Written & (Sent | Part | Ended | Began | Streamed | Executed | FaultBegan | FaultOver | Life);

/** An {@link Entry} of some kind. */
export type EntryOf<What extends Entry['what']> = Extract<Entry, { readonly what: What }>;

/** The name that the controller's own ledger has. */
export const CONTROLLER = 'controller';

/** Milliseconds of the clock that all ledgers go by. */
export function ledgerNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Read one ledger.
 *
 * A process that is killed may leave its last line unfinished: that line was not written. Any other line that is no entry
 * is an error.
 *
 * @param who - whose it is
 * @throws Error that names the ledger and the line
 */
export function parseLedger(who: string, text: string): Entry[] {
  const lines = text.split('\n');
  // What stands behind the last end of a line is empty, or was cut off.
  lines.pop();
  return lines.map((line, i) => {
    try {
      return { who, ...(JSON.parse(line) as object) } as Entry;
    } catch (error) {
      throw new Error(`line ${String(i + 1)} of the ledger of ${who} is no entry: ${line}`, { cause: error });
    }
  });
}

/**
 * Read the ledgers of a folder: each file `NAME.jsonl` is that of NAME.
 *
 * @returns all entries in the order in which they happened
 */
export function readLedgers(folder: string): Entry[] {
  const suffix = '.jsonl';
  const entries = readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .flatMap((file) => parseLedger(file.slice(0, -suffix.length), readFileSync(join(folder, file), 'utf8')));
  return entries.sort((a, b) => a.at - b.at);
}
