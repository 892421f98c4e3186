// SPDX-License-Identifier: Apache-2.0
// besieged - a broker process with honest traffic beside it, and the proof that an attack has hurt neither

import { expect } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { machineTime, othersShare, usageOf } from '@mdp/benchmarks';
import type { BrokerCounters, BrokerOptions, BrokerStats } from '@mdp/broker';
import type { CurveKeyPair } from '@mdp/protocol/node';
import { generateKeyPair } from '@mdp/protocol/node';
import { TestProcess, waitUntil } from '@mdp/testkit';

/** An attack: it goes on until the signal, and closes what it has opened, unless that is what is tried. */
export type Attack = (signal: AbortSignal) => Promise<void>;

/** What a broker looks like from inside, garbage collected. */
export interface Report {
  readonly stats: BrokerStats;
  readonly memory: { readonly rss: number; readonly inUse: number };
  readonly files: number;
}

/** How many requests of each kind of honest peers have been answered. */
type Progress = Record<'strict' | 'mx' | 'encrypted', number>;

const KINDS = ['strict', 'mx', 'encrypted'] as const;
const MEBIBYTE = 1024 * 1024;

/** How long honest requests are counted at a time, in milliseconds: without the attack, and beside it. */
const QUIET_MS = 80;
const ATTACK_MS = 200;

/** An attack comes so many times: what stays behind from each time adds up. */
const ROUNDS = 2;

/**
 * And so many times at most, on a machine that has other things to do: while what was counted in all is not enough. Nothing of
 * it is left out.
 */
const MOST_ROUNDS = 12;

/** Shares of replies are judged where others use no more of the machine than this. */
const MOST_OF_OTHERS = 0.25;

/** What may be left behind by the last of them in all: a part of what an attack takes while it goes on. */
const MAY_STAY_IN_USE = 6 * MEBIBYTE;
const MAY_STAY_RESIDENT = 48 * MEBIBYTE;

/** What the broker is told: defaults protect a small server; time is shorter here, so that what has to pass passes soon. */
const OPTIONS: BrokerOptions = {
  heartbeatIntervalMs: 200,
  heartbeatLiveness: 5,
  handshakeTimeoutMs: 1_000,
  noWorkerTimeoutMs: 300,
  queueTimeoutMs: 2_000,
  maxBodyBytes: 256 * 1024,
  maxConnections: 1_000,
  maxOutboxBytes: 2 * MEBIBYTE,
};

/** The largest frame that ZeroMQ reads for a broker with {@link OPTIONS}. */
export const MAX_FRAME_BYTES = 2 * 256 * 1024 + 65_536;

/** A broker that is attacked. */
export class Besieged implements AsyncDisposable {
  /** An endpoint for everybody. */
  readonly plain: string;
  /** An encrypted one, with an allow-list. */
  readonly encrypted: string;
  /** A key that is on the list. */
  readonly allowed: CurveKeyPair;
  /** The broker's public key. */
  readonly serverKey: string;
  readonly #broker: TestProcess;
  readonly #honest: TestProcess;
  readonly #folder: string;

  private constructor(
    broker: TestProcess,
    honest: TestProcess,
    endpoints: readonly string[],
    keys: { readonly server: CurveKeyPair; readonly allowed: CurveKeyPair },
    folder: string,
  ) {
    this.#broker = broker;
    this.#honest = honest;
    [this.plain = '', this.encrypted = ''] = endpoints;
    this.serverKey = keys.server.publicKey;
    this.allowed = keys.allowed;
    this.#folder = folder;
  }

  /**
   * Start a broker, and honest workers and clients, and wait until requests are answered.
   *
   * @param files - how many files the broker's process may have open; as many as the system allows, if not given
   */
  static async start(options: BrokerOptions = {}, files?: number): Promise<Besieged> {
    const keys = { server: generateKeyPair(), allowed: generateKeyPair() };
    const folder = mkdtempSync(join(tmpdir(), 'mdp-attacks-'));
    const list = join(folder, 'peers');
    writeFileSync(list, `${keys.allowed.publicKey} honest\n`);
    const brokerOptions = {
      ...OPTIONS,
      curve: { secretKey: keys.server.secretKey },
      endpoints: [
        { endpoint: 'tcp://127.0.0.1:*', curve: false },
        { endpoint: 'tcp://127.0.0.1:*', curve: true, allow: list },
      ],
      ...options,
    };
    const broker = launch('broker', { options: brokerOptions }, files);
    const endpoints = (await broker.event('listening'))['endpoints'] as string[];
    const [plain, encrypted] = endpoints;
    const honest = launch('honest', {
      plain,
      encrypted,
      keys: { serverKey: keys.server.publicKey, secretKey: keys.allowed.secretKey },
    });
    const besieged = new Besieged(broker, honest, endpoints, keys, folder);
    await honest.event('started');
    await besieged.progressed();
    return besieged;
  }

  async #ask<T>(process: TestProcess, order: string, event = order): Promise<T> {
    const nth = process.events(event).length + 1;
    process.tell({ order });
    return (await process.event(event, undefined, nth)) as unknown as T;
  }

  async #progress(): Promise<Progress> {
    const { done, failures } = await this.#ask<{ done: Progress; failures: string[] }>(this.#honest, 'count');
    expect(failures).toEqual([]);
    return done;
  }

  /** Wait until honest peers of every kind have got ten replies more. */
  async progressed(timeoutMs?: number): Promise<void> {
    const before = await this.#progress();
    await waitUntil(
      'honest requests to be answered',
      async () => {
        const now = await this.#progress();
        return KINDS.every((kind) => now[kind] >= before[kind] + 10);
      },
      timeoutMs,
    );
  }

  /** What the broker has counted, and holds. */
  async stats(): Promise<BrokerStats> {
    return (await this.#ask<{ stats: BrokerStats }>(this.#broker, 'stats')).stats;
  }

  /** The same, and its memory without garbage. */
  async report(): Promise<Report> {
    return { ...(await this.#ask<Omit<Report, 'files'>>(this.#broker, 'report')), files: this.files };
  }

  /** How many files the broker's process has open; always none where the system does not tell. Its own view would need one more. */
  get files(): number {
    const folder = `/proc/${String(this.#broker.pid)}/fd`;
    return existsSync(folder) ? readdirSync(folder).length : 0;
  }

  /** Wait until the counters say something. */
  async counted(what: string, holds: (counters: BrokerCounters) => boolean): Promise<void> {
    await waitUntil(what, async () => holds((await this.stats()).counters));
  }

  /** Count what is answered while something goes on for so long at least. */
  async #window(sums: Progress, leastMs: number): Promise<number> {
    const from = performance.now();
    const before = await this.#progress();
    await waitUntil('a time in which requests are counted', () => performance.now() >= from + leastMs);
    const after = await this.#progress();
    for (const kind of KINDS) sums[kind] += after[kind] - before[kind];
    return performance.now() - from;
  }

  /**
   * Attack, and see that the broker survives, that honest peers of every kind get at least half as many replies as without
   * the attack, and that files, memory and everything that the broker holds return to where they were.
   *
   * @returns the counters before and after
   */
  async withstand(attack: Attack): Promise<{ before: BrokerCounters; after: BrokerCounters; atRest: Report }> {
    const before = await this.report();
    const quiet: Progress = { strict: 0, mx: 0, encrypted: 0 };
    const beside: Progress = { strict: 0, mx: 0, encrypted: 0 };
    let quietMs = 0;
    let besideMs = 0;
    let atRest = before;
    let first: Report | undefined;
    let shares: { kind: string; share: number }[] = [];
    const machineBefore = machineTime();
    const oursBefore = await this.#processorMs();
    const isEnough = (): boolean => shares.every(({ share }) => share >= 0.5);
    for (let round = 1; round <= ROUNDS || (round <= MOST_ROUNDS && !isEnough()); round++) {
      quietMs += await this.#window(quiet, QUIET_MS);
      const end = new AbortController();
      const attacking = attack(end.signal);
      besideMs += await this.#window(beside, ATTACK_MS);
      end.abort();
      await attacking;
      atRest = await this.#atRest(before);
      first ??= atRest;
      quietMs += await this.#window(quiet, QUIET_MS);
      shares = KINDS.map((kind) => ({ kind, share: beside[kind] / besideMs / (quiet[kind] / quietMs) }));
    }
    const percent = shares.map(({ kind, share }) => `${kind} ${(100 * share).toFixed(0)} %`);
    const mebibytes = (atRest.memory.rss - before.memory.rss) / MEBIBYTE;
    note(`${expect.getState().currentTestName ?? ''}: ${percent.join(', ')}, +${mebibytes.toFixed(0)} MiB resident`);
    const others = othersShare(machineBefore, machineTime(), (await this.#processorMs()) - oursBefore);
    if (process.platform === 'linux' && others > MOST_OF_OTHERS) {
      // What each gets of a processor is then for the system to say, and not for the broker.
      note(`others used ${(100 * others).toFixed(0)} % of the machine meanwhile: the shares are not judged`);
    } else {
      for (const { kind, share } of shares) {
        expect({ kind, share, half: share >= 0.5 }).toEqual({ kind, share, half: true });
      }
    }
    expect(this.errors).toEqual([]);
    // ZeroMQ's memory is the system's malloc: what was taken once is used again, and not all of it is given back.
    expect(atRest.memory.rss - (first ?? before).memory.rss).toBeLessThan(MAY_STAY_RESIDENT);
    return { before: before.stats.counters, after: atRest.stats.counters, atRest };
  }

  /** Wait until nothing is left of an attack: neither files nor services, workers, requests, nor what waits to be sent. */
  async #atRest(before: Report): Promise<Report> {
    let last: Report = before;
    try {
      await waitUntil('nothing to be left of an attack', async () => {
        last = await this.report();
        const { services, workers, requests, outbox } = last.stats;
        return (
          last.files <= before.files &&
          services.length <= 2 &&
          workers.registered <= before.stats.workers.registered &&
          requests.queued <= 6 &&
          requests.pendingBytes <= 16_384 &&
          outbox.bytes <= 16_384 &&
          // Messages of ZeroMQ's are freed some time after they were collected.
          last.memory.inUse - before.memory.inUse < MAY_STAY_IN_USE
        );
      });
    } catch (error) {
      const { services, workers, requests, outbox } = last.stats;
      const inUse = last.memory.inUse - before.memory.inUse;
      const held = { inUse, files: last.files, services: services.length, workers, requests, outbox };
      throw new Error(`${String(error)}: ${JSON.stringify(held)}, ${String(before.files)} files before`);
    }
    return last;
  }

  /** Processor time of this process and those that it watches so far, in milliseconds; 0 where the system does not tell. */
  async #processorMs(): Promise<number> {
    if (process.platform !== 'linux') return 0;
    const used = await Promise.all([process.pid, this.#broker.pid, this.#honest.pid].map(usageOf));
    return used.reduce((sum, { cpuUs }) => sum + cpuUs / 1000, 0);
  }

  /** What the broker has told as an error. */
  get errors(): string[] {
    return this.#broker.events('error').map(({ facts }) => String(facts));
  }

  /** End both processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    const alive = this.#broker.alive;
    await Promise.all([this.#honest.kill(), this.#broker.kill()]);
    rmSync(this.#folder, { recursive: true });
    expect({ alive, stderr: this.#broker.stderr }).toEqual({ alive: true, stderr: '' });
  }
}

function launch(role: string, settings: object, files?: number): TestProcess {
  const script = resolve('packages', 'testkit', 'attacks', 'processes', `${role}.mjs`);
  const command = [process.execPath, '--expose-gc', script, JSON.stringify(settings)];
  // Node.js sets the limit to as much as it may: the shell says how much that is.
  if (files !== undefined)
    return new TestProcess('sh', ['-c', `ulimit -n ${String(files)}; exec "$@"`, 'sh', ...command]);
  return new TestProcess(process.execPath, command.slice(1));
}

/** How much more was counted of something. */
export function grown(
  { before, after }: { readonly before: BrokerCounters; readonly after: BrokerCounters },
  count: (counters: BrokerCounters) => number,
): number {
  return count(after) - count(before);
}

/** Failed handshakes of all kinds. */
export function failedHandshakes({ handshakesFailed: { auth, protocol, other } }: BrokerCounters): number {
  return auth + protocol + other;
}

/** Tell a measurement to whoever reads the output; nothing is judged by it. */
function note(text: string): void {
  process.stdout.write(`${text}\n`);
}
