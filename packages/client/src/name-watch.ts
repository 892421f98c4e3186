// SPDX-License-Identifier: Apache-2.0
// name-watch - the names among a client's endpoints, looked up from its first request on

import type { LookUp } from '@mdp/protocol/node';
import { WatchedName } from '@mdp/protocol/node';

/** Who is told of names, each as it stands in the options. */
export interface NameWatchHost {
  found(name: string, addresses: readonly string[]): void;
  failed(name: string, reason: string): void;
  /** Whether requests are pending. */
  waits(): boolean;
}

/** The names of a client. */
export class NameWatch {
  readonly #names: ReadonlyMap<string, WatchedName>;

  constructor(names: Iterable<string>, intervalMs: number, lookUp: LookUp, host: NameWatchHost) {
    const watched = (name: string): WatchedName =>
      new WatchedName(
        name,
        { intervalMs, lookUp },
        {
          found: (addresses) => {
            host.found(name, addresses);
          },
          failed: (reason) => {
            host.failed(name, reason);
          },
          waits: () => host.waits(),
        },
      );
    this.#names = new Map([...names].map((name) => [name, watched(name)]));
  }

  /** There is a request. */
  start(): void {
    for (const name of this.#names.values()) name.start();
  }

  /** A connection to an address of a name was lost, or could not be made. */
  refresh(name: string | undefined): void {
    if (name !== undefined) this.#names.get(name)?.refresh();
  }

  close(): void {
    for (const name of this.#names.values()) name.close();
  }
}
