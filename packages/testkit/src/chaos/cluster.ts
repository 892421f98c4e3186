// SPDX-License-Identifier: Apache-2.0
// cluster - brokers, workers and clients as processes, each with a ledger, and the ledger of who was started and who has ended

import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrokerStats } from '@mdp/broker';
import type { Network } from '../namespaces.js';
import { TestProcess } from '../processes.js';
import { waitUntil } from '../wait.js';
import type { Held } from './gauges.js';
import type { Entry, FaultBegan, FaultOver, Life, Role } from './ledger.js';
import { CONTROLLER, ledgerNow, readLedgers } from './ledger.js';
import type { ClusterSettings, Load, Wires } from './load.js';
import { expiryMs, spoken } from './load.js';
import { NamedHosts } from './named-hosts.js';
import type { Place } from './place.js';
import { OneMachine, OwnHosts } from './place.js';

const TESTKIT = fileURLToPath(new URL('../../', import.meta.url));

/** The service of all workers. */
const SERVICE = 'work';

/** How long a process may take to start on a machine that has other things to do, in milliseconds. */
const START_MS = 30_000;

/** One process of a cluster. */
export interface Member {
  readonly role: Role;
  readonly name: string;
  readonly process: TestProcess;
  /** The host that it runs on, if that is not this machine. */
  readonly host: string | undefined;
  /** Where it listens, when it is a broker. */
  readonly endpoint?: string;
  /** Whether it tells how much it has done: Majortomo's broker does not. */
  readonly counts: boolean;
}

function placeOf({ hosts }: ClusterSettings): Promise<Place> {
  if (hosts === undefined) return Promise.resolve(new OneMachine());
  return hosts === 'named' ? NamedHosts.open() : OwnHosts.open();
}

/** Processes that are all gone after {@link close}. */
export class Cluster {
  readonly settings: ClusterSettings;
  readonly expiryMs: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'mdp-chaos-'));
  readonly #place: Place;
  readonly #endpoints: string[] = [];
  readonly #all: Member[] = [];
  #names = 0;
  readonly brokers: Member[] = [];
  readonly workers: Member[] = [];
  readonly clients: Member[] = [];

  private constructor(settings: ClusterSettings, place: Place) {
    this.settings = settings;
    this.#place = place;
    this.expiryMs = expiryMs(settings);
  }

  /** Start everything, and wait until requests are answered. */
  static async open(settings: ClusterSettings): Promise<Cluster> {
    const cluster = new Cluster(settings, await placeOf(settings));
    try {
      for (let i = 0; i < settings.brokers; i++) {
        cluster.#endpoints.push(await cluster.#place.endpoint());
      }
      for (const endpoint of cluster.#endpoints) await cluster.startBroker(endpoint);
      await Promise.all(Array.from({ length: settings.workers }, () => cluster.startWorker()));
      await Promise.all(Array.from({ length: settings.clients }, () => cluster.startClient()));
      await cluster.allWork(5);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Write a line into the controller's ledger. */
  record(entry: FaultBegan | FaultOver | Life): void {
    const line = `${JSON.stringify({ at: ledgerNow(), ...entry })}\n`;
    appendFileSync(join(this.#folder, `${CONTROLLER}.jsonl`), line);
  }

  /** Between the hosts, when each process has one of its own. */
  get network(): Network | undefined {
    return this.#place.network;
  }

  /** The name that the brokers are known by, when they are. */
  get names(): NamedHosts | undefined {
    return this.#place instanceof NamedHosts ? this.#place : undefined;
  }

  /** The hosts of all that run, each once. */
  get hosts(): string[] {
    return [...this.brokers, ...this.workers, ...this.clients].flatMap(({ host }) =>
      host === undefined ? [] : [host],
    );
  }

  async #launch(role: Role, settings: object, endpoint?: string): Promise<Member> {
    const name = `${role}${String(++this.#names)}`;
    const ledger = join(this.#folder, `${name}.jsonl`);
    const script = join(TESTKIT, 'chaos', 'processes', `${role}.mjs`);
    const args = JSON.stringify({
      name,
      ledger,
      service: SERVICE,
      endpoints: this.#place.told(this.#endpoints),
      ...settings,
    });
    return this.#spawn(role, name, process.execPath, ['--expose-gc', script, args], endpoint);
  }

  async #spawn(role: Role, name: string, program: string, args: readonly string[], endpoint?: string): Promise<Member> {
    const host = await this.#place.host(name, endpoint);
    const child = new TestProcess(...this.#place.command(host, program, args), {
      env: { PYTHONDONTWRITEBYTECODE: '1' },
    });
    const counts = program === process.execPath;
    const member = { role, name, process: child, host, counts, ...(endpoint === undefined ? {} : { endpoint }) };
    this.record({ what: 'started', role, name });
    this.#all.push(member);
    this.#list(role).push(member);
    return member;
  }

  #list(role: Role): Member[] {
    return { broker: this.brokers, worker: this.workers, client: this.clients }[role];
  }

  /** Start a broker, and wait until it listens. */
  async startBroker(endpoint: string): Promise<Member> {
    const { python, heartbeatIntervalMs, heartbeatLiveness, broker } = this.settings;
    let member: Member;
    if (python === undefined) {
      const options = { endpoints: endpoint, heartbeatIntervalMs, heartbeatLiveness, ...broker };
      member = await this.#launch('broker', { options }, endpoint);
    } else {
      const given = { endpoint, heartbeat: heartbeatIntervalMs / 1000, timeout: this.expiryMs / 1000 };
      const script = join(TESTKIT, 'interop', 'peers', 'broker.py');
      member = await this.#spawn(
        'broker',
        `broker${String(++this.#names)}`,
        python,
        [script, JSON.stringify(given)],
        endpoint,
      );
    }
    await member.process.event('listening', START_MS);
    return member;
  }

  /** Start a worker, and wait until it has sent READY. */
  async startWorker(wires: Wires = this.settings.wires, worker = this.settings.worker): Promise<Member> {
    const { heartbeatIntervalMs, heartbeatLiveness } = this.settings;
    const heartbeats = { heartbeatIntervalMs, heartbeatLiveness };
    const options = { concurrency: 4, reconnectMaxMs: 500, ...heartbeats, ...spoken(wires), ...worker };
    const member = await this.#launch('worker', { options });
    await member.process.event('registered', START_MS);
    return member;
  }

  /** Start a client with a load, and wait until it asks. */
  async startClient(loads: readonly Load[] = this.settings.loads, wires: Wires = this.settings.wires): Promise<Member> {
    const { client } = this.settings;
    const options = { timeoutMs: 20_000, reconnectMaxMs: 500, ...spoken(wires), ...client };
    const member = await this.#launch('client', { options, loads });
    await member.process.event('started', START_MS);
    return member;
  }

  /** Send a process SIGKILL, and wait until it is gone. */
  async kill(member: Member): Promise<void> {
    await member.process.kill();
    this.record({ what: 'gone', role: member.role, name: member.name });
    this.#strikeOff(member);
  }

  /**
   * Ask a process to end, and wait until it has. That a client is gone is then not written down, for it is no excuse: what it asked
   * for and did not see end is lost.
   */
  async terminate(member: Member): Promise<void> {
    member.process.signal('SIGTERM');
    await waitUntil(`the end of ${member.name}`, () => !member.process.alive, START_MS);
    if (member.role !== 'client') this.record({ what: 'gone', role: member.role, name: member.name });
    this.#strikeOff(member);
  }

  #strikeOff(member: Member): void {
    const list = this.#list(member.role);
    const at = list.indexOf(member);
    if (at >= 0) list.splice(at, 1);
  }

  async #ask(member: Member, order: string, timeoutMs = START_MS): ReturnType<TestProcess['event']> {
    const nth = member.process.events(order).length + 1;
    member.process.tell({ order });
    return member.process.event(order, timeoutMs, nth);
  }

  /** Let clients make no more requests until {@link goOn}, and wait until none is under way. */
  async pause(timeoutMs?: number): Promise<void> {
    await Promise.all(this.clients.map((client) => this.#ask(client, 'pause', timeoutMs)));
  }

  /** Let all clients make requests again, those that came meanwhile as well. */
  goOn(): void {
    for (const { process } of this.clients) process.tell({ order: 'goOn' });
  }

  /** What a process holds and has counted; not of Majortomo's broker. */
  async held(member: Member): Promise<Held> {
    return (await this.#ask(member, 'stats')) as unknown as Held;
  }

  /** The same of a broker. */
  async stats(broker: Member): Promise<Held<BrokerStats>> {
    return (await this.held(broker)) as Held<BrokerStats>;
  }

  /** How much a process has done: requests that ended at a client, that a worker has begun, that a broker has passed on. */
  async #done(member: Member): Promise<number> {
    return Number((await this.#ask(member, 'count'))['done']);
  }

  /**
   * Wait until everybody has done so much more: no worker and no broker is left out.
   *
   * @throws Error that names those who have not
   */
  async allWork(more: number, timeoutMs = START_MS): Promise<void> {
    const all = [...this.brokers, ...this.workers, ...this.clients].filter(({ counts }) => counts);
    let waiting = await Promise.all(all.map(async (member) => ({ member, due: (await this.#done(member)) + more })));
    try {
      await waitUntil(
        'everybody to work',
        async () => {
          const counts = await Promise.all(waiting.map(({ member }) => this.#done(member)));
          waiting = waiting.filter(({ due }, i) => (counts[i] ?? 0) < due);
          return waiting.length === 0;
        },
        timeoutMs,
      );
    } catch (error) {
      const idle = waiting.map(({ member, due }) => `${member.name} has not done its ${String(due)}`);
      throw new Error(`not everybody works: ${idle.join(', ')}`, { cause: error });
    }
  }

  /**
   * The process of a role that was started first.
   *
   * @throws Error when there is none
   */
  oldest(role: Role): Member {
    const [first] = this.#list(role);
    if (first === undefined) throw new Error(`there is no ${role}`);
    return first;
  }

  /** Let clients end what they have begun and ask for nothing more, and wait until they are gone. */
  async finish(clients: readonly Member[] = [...this.clients], timeoutMs = 40_000): Promise<void> {
    for (const { process } of clients) process.tell({ order: 'finish' });
    await Promise.all(clients.map(({ process }) => process.event('done', timeoutMs)));
    await Promise.all(clients.map(({ process }) => process.exited));
    for (const client of clients) this.#strikeOff(client);
  }

  /** All ledgers, in the order in which things happened. */
  entries(): Entry[] {
    return readLedgers(this.#folder);
  }

  /** Begin all ledgers anew; no client may ask, for what it still asks would be nobody's. */
  forget(): void {
    for (const file of readdirSync(this.#folder)) truncateSync(join(this.#folder, file));
  }

  /** What any process wrote to its standard error. */
  complaints(): string[] {
    return this.#all.flatMap(({ name, process }) => {
      const errors = process.events('error').map(({ facts }) => String(facts));
      return [process.stderr, ...errors].filter((text) => text !== '').map((text) => `${name}: ${text}`);
    });
  }

  /** End every process, the frozen ones as well, and take the ledgers away. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ process }) => process.kill()));
    await this.#place.close();
    rmSync(this.#folder, { recursive: true });
  }
}
