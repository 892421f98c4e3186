// SPDX-License-Identifier: Apache-2.0
// cluster - brokers, workers and clients as processes, and the ledger of what became of every request

import { afterEach, beforeEach, describe, expect } from '@jest/globals';
import { resolve } from 'node:path';
import type { BrokerOptions, BrokerStats } from '@mdp/broker';
import type { ClientOptions } from '@mdp/client';
import { TestProcess, freePort } from '@mdp/testkit';
import type { WorkerOptions } from '@mdp/worker';

/** How one request ended. */
export interface End {
  readonly id: string;
  /** `reply`, or the code of the error. */
  readonly outcome: string;
  /** The status of an error reply. */
  readonly status?: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** The reply: who made it, and the id that it was made for. */
  readonly frames?: readonly [worker: string, id: string];
}

/** What a load of requests is like. */
export interface Load {
  readonly name: string;
  readonly service?: string;
  /** How many requests at once. Default 1. */
  readonly concurrency?: number;
  /** How many in all. Default: until {@link finish}. */
  readonly count?: number;
  /** What the worker does. Default `echo`. */
  readonly command?: 'echo' | 'hold';
  /** How long the worker works, in milliseconds; of several values each request takes the next. Default 0. */
  readonly workMs?: number | readonly number[];
  readonly options?: ClientOptions;
}

/** What clients and workers speak, each with the broker. */
export interface Wires {
  readonly client: 'rfc18' | 'mx' | 'auto';
  readonly worker: 'rfc18' | 'mx' | 'auto';
}

/** Every fault has the same end on every wire. */
const WIRES: readonly Wires[] = [
  { client: 'rfc18', worker: 'rfc18' },
  { client: 'mx', worker: 'mx' },
  { client: 'auto', worker: 'auto' },
  { client: 'mx', worker: 'rfc18' },
];

/** Describe faults for every wire; each test has a cluster of its own. */
export function overWires(tests: (cluster: () => Cluster, wires: Wires) => void): void {
  describe.each(WIRES)('clients speak $client, workers $worker', (wires) => {
    let cluster: Cluster;
    beforeEach(async () => {
      cluster = await Cluster.open(wires);
    });
    afterEach(async () => {
      await cluster.close();
    });
    tests(() => cluster, wires);
  });
}

/** Processes on one endpoint that are all gone after {@link close}. */
export class Cluster {
  /** Where its broker listens. */
  readonly #endpoint: string;
  readonly #processes: TestProcess[] = [];
  readonly #wires: Wires;

  protected constructor(endpoint: string, wires: Wires) {
    this.#endpoint = endpoint;
    this.#wires = wires;
  }

  /** A cluster without any process. */
  static async open(wires: Wires): Promise<Cluster> {
    return new Cluster(`tcp://127.0.0.1:${String(await freePort())}`, wires);
  }

  /**
   * Start a script.
   *
   * @param _name - of the process; here all run on the same machine
   */
  protected launch(_name: string, script: string, args: readonly string[]): TestProcess {
    return TestProcess.node(script, args);
  }

  #start(role: string, name: string, settings: object): TestProcess {
    const script = resolve('packages', 'testkit', 'faults', 'processes', `${role}.mjs`);
    const process = this.launch(name, script, [JSON.stringify({ endpoint: this.#endpoint, ...settings })]);
    this.#processes.push(process);
    return process;
  }

  /** Start the broker, and wait until it listens. */
  async broker(options: BrokerOptions = {}): Promise<TestProcess> {
    const process = this.#start('broker', 'broker', { options: { endpoints: this.#endpoint, ...options } });
    await process.event('listening');
    return process;
  }

  /** Start a worker; with `broker`, wait until it is registered there. */
  async worker(
    name: string,
    broker?: TestProcess,
    options: WorkerOptions = {},
    service = 'work',
  ): Promise<TestProcess> {
    const registered = broker?.events('workerReady').length ?? 0;
    const process = this.#start('worker', name, { name, service, options: { wire: this.#wires.worker, ...options } });
    await process.event('registered');
    await broker?.event('workerReady', undefined, registered + 1);
    return process;
  }

  /** Start a load of requests. */
  client(load: Load): TestProcess {
    const options = { wire: this.#wires.client, ...load.options };
    return this.#start('client', load.name, { service: 'work', ...load, options });
  }

  /** Start a client that reads one stream, and rests after its first part until it is told to go on. */
  reader(body: readonly string[], options: ClientOptions = {}, service = 'work'): TestProcess {
    return this.#start('reader', 'reader', { service, body, options: { wire: this.#wires.client, ...options } });
  }

  /** End every process, the frozen ones as well. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((process) => process.kill()));
  }
}

/** What a broker has counted until now. */
export async function statsOf(broker: TestProcess): Promise<BrokerStats> {
  const nth = broker.events('stats').length + 1;
  broker.tell({ order: 'stats' });
  return (await broker.event('stats', undefined, nth))['stats'] as BrokerStats;
}

/** How the requests of a client have ended so far. */
export function endsOf(client: TestProcess): End[] {
  return client.events('end') as unknown as End[];
}

/**
 * Let a client finish what it has begun, and audit it: every request has ended exactly once, and every reply was made for the
 * very request that got it.
 *
 * @returns how each request ended
 */
export async function audit(client: TestProcess, timeoutMs = 30_000): Promise<End[]> {
  client.tell({ order: 'finish' });
  const { asked } = await client.event('done', timeoutMs);
  const ends = endsOf(client);
  const counts = new Map<string, number>();
  for (const { id } of ends) counts.set(id, (counts.get(id) ?? 0) + 1);
  expect(counts.size).toBe(asked);
  expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
  expect(misdelivered(ends)).toEqual([]);
  return ends;
}

/** Replies that were made for another request than the one that got them. */
export function misdelivered(ends: readonly End[]): End[] {
  return ends.filter(({ id, outcome, frames }) => outcome === 'reply' && frames?.[1] !== id);
}

/** How many requests ended in each way. */
export function outcomes(ends: readonly End[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { outcome, status } of ends) {
    const key = status === undefined ? outcome : `${outcome} ${String(status)}`;
    sums[key] = (sums[key] ?? 0) + 1;
  }
  return sums;
}

/** How many jobs the workers began beyond the first for the same request. */
export function repeatedJobs(workers: readonly TestProcess[]): number {
  const ids = workers.flatMap((worker) => worker.events('job').map((event) => event['id']));
  return ids.length - new Set(ids).size;
}

/** Tell a measurement to whoever reads the output; nothing is judged by it. */
export function note(text: string): void {
  process.stdout.write(`${text}\n`);
}
