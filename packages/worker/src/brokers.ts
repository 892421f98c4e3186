// SPDX-License-Identifier: Apache-2.0
// brokers - the brokers of a worker: those it was given, those that names stand for now, and those that it takes leave of

import type { LookUp, NamesOption } from '@mdp/protocol/node';
import { WatchedName, isNamed, systemLookUp } from '@mdp/protocol/node';

/** What is done with one broker. */
export interface Broker {
  /** Where it is. */
  readonly endpoint: string;
  /** Whether everything has stopped, and all sockets are gone. */
  readonly stopped: boolean;
  /** Open the first connections. */
  start(now: number): void;
}

/** What a name stands for, and what a broker needs of its worker. */
export interface BrokersOwner<B extends Broker> {
  make(endpoint: string): B;
  /** The name of a broker no longer stands for it: let what runs end, and stop. */
  leave(broker: B): void;
  /** Brokers came or went. */
  changed(): void;
}

/** What is done about names. */
export interface BrokersOptions {
  readonly names: NamesOption;
  readonly resolveIntervalMs: number;
}

/** One endpoint as it was given, and the brokers that it stands for. */
export interface Given<B extends Broker> {
  readonly endpoint: string;
  /** Whether it is a name that is looked up. */
  readonly named: boolean;
  /** One, if it is no name. */
  readonly brokers: readonly B[];
  /** Why a name stands for none. */
  readonly reason: string;
}

interface Slot<B extends Broker> extends Given<B> {
  brokers: B[];
  reason: string;
  name: WatchedName | undefined;
}

/** All brokers of a worker. */
export class Brokers<B extends Broker> {
  readonly #owner: BrokersOwner<B>;
  readonly #slots: readonly Slot<B>[];
  readonly #leaving = new Set<B>();

  constructor(
    endpoints: readonly string[],
    { names, resolveIntervalMs: intervalMs }: BrokersOptions,
    owner: BrokersOwner<B>,
    lookUp: LookUp = systemLookUp,
  ) {
    this.#owner = owner;
    this.#slots = endpoints.map((endpoint) => {
      if (names === 'one' || !isNamed(endpoint)) {
        return { endpoint, named: false, brokers: [owner.make(endpoint)], reason: '', name: undefined };
      }
      const slot: Slot<B> = { endpoint, named: true, brokers: [], reason: 'it is being looked up', name: undefined };
      slot.name = new WatchedName(
        endpoint,
        { intervalMs, lookUp },
        {
          found: (addresses) => {
            this.#found(slot, addresses);
          },
          failed: (reason) => {
            slot.reason = reason;
          },
          // A worker that runs keeps its process alive anyhow.
          waits: () => false,
        },
      );
      return slot;
    });
  }

  /** Every broker that there are connections to, or will be. */
  get all(): B[] {
    return [...this.#slots.flatMap(({ brokers }) => brokers), ...this.#leaving];
  }

  /** The endpoints as they were given. */
  get given(): readonly Given<B>[] {
    return this.#slots;
  }

  /** Those that finish what they have. */
  get leaving(): ReadonlySet<B> {
    return this.#leaving;
  }

  /** Open the first connections, and look names up. */
  start(now: number): void {
    for (const { brokers, name } of this.#slots) {
      for (const broker of brokers) broker.start(now);
      name?.start();
    }
  }

  /** A connection to a broker was lost, or could not be made. */
  refresh(endpoint: string): void {
    for (const { brokers, name } of this.#slots) {
      if (name !== undefined && brokers.some((broker) => broker.endpoint === endpoint)) name.refresh();
    }
  }

  /** Forget those that have finished. */
  sweep(): void {
    for (const broker of this.#leaving) if (broker.stopped) this.#leaving.delete(broker);
  }

  /** Look up no more. */
  close(): void {
    for (const { name } of this.#slots) name?.close();
  }

  #found(slot: Slot<B>, addresses: readonly string[]): void {
    const wanted = new Set(addresses);
    const staying = slot.brokers.filter(({ endpoint }) => wanted.delete(endpoint));
    const going = slot.brokers.filter((broker) => !staying.includes(broker));
    const coming = [...wanted].map((endpoint) => this.#owner.make(endpoint));
    slot.brokers = [...staying, ...coming];
    slot.reason = '';
    const now = performance.now();
    for (const broker of coming) broker.start(now);
    for (const broker of going) {
      this.#leaving.add(broker);
      this.#owner.leave(broker);
    }
    if (coming.length + going.length > 0) this.#owner.changed();
  }
}
