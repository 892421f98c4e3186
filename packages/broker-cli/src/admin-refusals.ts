// SPDX-License-Identifier: Apache-2.0
// admin-refusals - who was refused by the admin interface: counted by reason, and logged

import type { BurstLog } from './burst-log.js';
import { counted } from './counted.js';
import { printable } from './printable.js';

/** Why somebody was refused: `noToken` showed none, as the status page does before it asks for one. */
export type RefusalReason = 'noToken' | 'token' | 'host' | 'site' | 'ahead' | 'connections';

const WORDS: Readonly<Record<Exclude<RefusalReason, 'noToken'>, string>> = {
  token: 'the token is wrong',
  host: 'the Host of the request is none of this machine',
  site: 'a page of another site wants it',
  ahead: 'it asked on before it was answered',
  connections: 'there are too many connections',
};

/** Counts from the start of the process; the log has at most one line a second. */
export class AdminRefusals {
  readonly #counts: Record<RefusalReason, number> = {
    noToken: 0,
    token: 0,
    host: 0,
    site: 0,
    ahead: 0,
    connections: 0,
  };
  readonly #bursts: BurstLog;

  constructor(bursts: BurstLog) {
    this.#bursts = bursts;
  }

  /** How often, by reason. */
  get counts(): Readonly<Record<RefusalReason, number>> {
    return this.#counts;
  }

  /**
   * Somebody was refused.
   *
   * @param address - of whom; empty when it is gone already
   */
  note(reason: RefusalReason, address: string): void {
    this.#counts[reason]++;
    if (reason === 'noToken') return;
    const from = address === '' ? '' : ` (from ${printable(address, 80)})`;
    const message = (): string => `the admin interface refused somebody: ${WORDS[reason]}${from}`;
    const others = (n: number): string => `${counted(n, 'more refusal')} of the admin interface`;
    this.#bursts.note('warn', 'adminRefused', message, others, { reason, address });
  }

  /** What was held back is logged. */
  close(): void {
    this.#bursts.close();
  }
}
