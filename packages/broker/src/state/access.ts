// SPDX-License-Identifier: Apache-2.0
// access - what those who come in by one socket may do: as clients, as workers, and with which services

import { MX_SERVICE } from '@mdp/protocol';
import type { Role } from '../options.js';
import { isMmi } from './mmi.js';

/** The questions of MMI that are answered with no more than what is visible to who asks. */
const FILTERED: ReadonlySet<string> = new Set(['mmi.service', 'mmi.services', MX_SERVICE]);

/** The rights of an endpoint. */
export class Access {
  /** Whether there are services that may not be used. */
  readonly limited: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #prefixes: readonly string[];

  /**
   * @param role - who may talk there
   * @param patterns - names of services; a `*` at the end stands for anything; left out: all services
   */
  constructor(
    readonly role: Role,
    patterns?: readonly string[],
  ) {
    this.limited = patterns !== undefined && !patterns.includes('*');
    this.#names = new Set(patterns?.filter((pattern) => !pattern.endsWith('*')));
    this.#prefixes = (patterns ?? []).filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  }

  /** Whether a service may be called and registered, and is seen at all. */
  sees(service: string): boolean {
    return !this.limited || this.#names.has(service) || this.#prefixes.some((prefix) => service.startsWith(prefix));
  }

  /** Whether clients may call it; of MMI, what tells no more than {@link sees} is always answered. */
  mayCall(service: string): boolean {
    return !this.limited || (isMmi(service) && FILTERED.has(service)) || this.sees(service);
  }
}
