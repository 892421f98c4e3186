// SPDX-License-Identifier: Apache-2.0
// side-by-side - the state of a broker and the naive one are told the same, and must say, hold and count the same

import type { Frame } from '@mdp/protocol';
import { bytes, decodeAtBroker, decodeMx, findMx } from '@mdp/protocol';
import type { BrokerOptions } from '../../src/options.js';
import { resolveBrokerOptions } from '../../src/options.js';
import { Access } from '../../src/state/access.js';
import type { Connection } from '../../src/state/connection.js';
import { describeServices } from '../../src/state/mmi.js';
import type { Request } from '../../src/state/request.js';
import { NaiveBroker } from './naive-broker.js';
import type { NaiveAccess } from './naive-parts.js';
import { describeSent, inOrder, tokenName } from './naive-parts.js';
import { workerName } from './naive-registry.js';
import type { NaiveAttempt, NaiveSaid } from './naive-replies.js';
import type { Sent } from './recording-port.js';
import { Bench, INTERVAL, NONCE } from './state-peers.js';

/** Jest's `expect` costs far more than what it compares, and is asked some million times here. */
export function hold(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: is ${String(actual)}, must be ${String(expected)}`);
}

/** Counters that both have, and that are the same after each step. */
const COUNTED = [
  ...(['received', 'requests', 'dispatched', 'partials', 'finals', 'mmi', 'recovered', 'abandoned'] as const),
  ...(['cancelled', 'errorsWithheld', 'workersReady', 'disconnectsSent'] as const),
];

/** So much time passes before each thing that happens, in milliseconds: nothing becomes due at the moment that something else does. */
const MOMENT_MS = 1 / 4096;

/** A broker's state and the naive one. */
export class SideBySide {
  readonly bench: Bench;
  readonly naive: NaiveBroker;
  readonly #access = new Map<NaiveAccess, Access>();
  /** Which attempt a message began. */
  readonly #attempts = new Map<readonly Frame[], NaiveAttempt>();
  /** How much of what was sent, refused and emitted has been looked at. */
  #sent = 0;
  #refused = 0;
  #events = 0;
  /** HEARTBEATs that were not taken; the naive broker does not send any. */
  #heartbeatsRefused = 0;

  /**
   * @param full - whether a connection takes nothing more, and nothing at all when that is asked for what is urgent
   * @param slow - whether something waits for a connection
   */
  constructor(options: BrokerOptions, full: (key: string, urgent: boolean) => boolean, slow: (key: string) => boolean) {
    const given = { heartbeatIntervalMs: INTERVAL, heartbeatLiveness: 4, ...options };
    this.bench = new Bench(given);
    this.bench.port.full = ({ key }, urgent) => full(key, urgent);
    this.bench.port.slow = ({ key }) => slow(key);
    this.naive = new NaiveBroker(
      resolveBrokerOptions(given),
      ({ key }, urgent) => full(key, urgent),
      ({ key }) => slow(key),
      NONCE,
    );
  }

  /** The state's connection of this name. */
  connection(key: string, access: NaiveAccess): Connection {
    const { state, now } = this.bench;
    const { socket, role, patterns } = access;
    const rights = this.#access.get(access) ?? new Access(role, patterns);
    this.#access.set(access, rights);
    const connection = state.connections.require(now, socket, rights, bytes(key));
    if (connection === undefined) throw new Error('there is room for more connections');
    return connection;
  }

  /** Somebody sends these frames, behind its routing id. */
  say(key: string, access: NaiveAccess, frames: readonly Frame[]): void {
    const { state, now } = this.bench;
    const connection = this.connection(key, access);
    const naive = this.naive.connection(key, access);
    const whole = [bytes(key), ...frames];
    const at = findMx(whole, 1);
    if (at > 0) {
      const address = whole.slice(1, at);
      const message = decodeMx(whole, at);
      state.receiveMx(now, connection, address, message);
      this.naive.receiveMx(
        now,
        naive,
        address.map((frame) => Buffer.from(frame).toString()),
        message,
      );
    } else {
      const message = decodeAtBroker(whole, 1);
      state.receive(now, connection, message);
      this.naive.receive(now, naive, message);
    }
    this.#compare(true);
  }

  /** Somebody sends a message of far too many frames. */
  overframed(key: string, access: NaiveAccess): void {
    const { state, now } = this.bench;
    state.overframed(now, this.connection(key, access));
    this.naive.overframed(now, this.naive.connection(key, access));
    this.#compare(true);
  }

  /** A moment passes: nothing else happens at the same time as what comes next. */
  moment(): void {
    this.advance(MOMENT_MS);
  }

  /** Time passes, and what is due in it is done. */
  advance(ms: number): void {
    const { bench, naive } = this;
    const from = bench.now;
    bench.advance(ms);
    const emitted = bench.port.events.slice(this.#events);
    this.#events = bench.port.events.length;
    const expired = emitted.flatMap((event) => (event[0] === 'workerLost' ? [event[1]] : []));
    const places = expired.map(({ peer, service: name }) => {
      const hops = peer.split('/').map((hop) => Buffer.from(hop, 'hex').toString());
      return workerName(hops.join('/'), { name });
    });
    naive.advance(from, bench.now, places);
    const remembered = new Set([...bench.state.connections].map(({ key }) => key));
    for (const connection of naive.connections) {
      if (remembered.has(connection.key)) continue;
      hold(`${connection.key} is forgotten; is in use`, naive.inUse(connection), false);
      naive.connections = naive.connections.filter((other) => other !== connection);
    }
    this.#compare(false);
  }

  /** Some of what was sent could not be delivered, and all that had come before on these sockets is read. */
  undelivered(lost: readonly Sent[], sockets: readonly number[]): void {
    this.advance(MOMENT_MS);
    const { bench, naive } = this;
    for (const message of lost) {
      bench.unreachable(message);
      const { key, access } = message.connection;
      const known = naive.connections.find((each) => each.key === key);
      hold(`${key}, a ${access.role}, is known`, known !== undefined || !message.connection.inUse, true);
      if (known !== undefined) naive.unreachable(bench.now, known, this.#attempts.get(message.frames));
    }
    for (const socket of sockets) {
      bench.drained(socket);
      naive.drained(bench.now, socket);
    }
    this.#compare(true);
  }

  /** A connection has taken what had waited for it. */
  relieved(key: string): void {
    const connection = [...this.bench.state.connections].find((each) => each.key === key);
    const naive = this.naive.connections.find((each) => each.key === key);
    if (connection === undefined || naive === undefined) return;
    this.bench.state.relieved(this.bench.now, connection);
    this.naive.relieved(this.bench.now, naive);
    this.#compare(true);
  }

  drain(): void {
    this.advance(MOMENT_MS);
    this.bench.state.drain(this.bench.now);
    this.naive.drain(this.bench.now);
    this.#compare(true);
  }

  shutDown(): void {
    this.advance(MOMENT_MS);
    this.bench.state.shutDown(this.bench.now);
    this.naive.shutDown(this.bench.now);
    this.#compare(false);
  }

  /** @param ordered - whether it is certain what is said to one peer first */
  #compare(ordered: boolean): void {
    this.#compareSaid(ordered);
    this.#compareCounters();
    this.#compareHeld();
  }

  #compareSaid(ordered: boolean): void {
    const { port } = this.bench;
    const sent = port.sent.slice(this.#sent).map(({ frames }) => ({ ...describeSent(frames, NONCE), frames }));
    this.#sent = port.sent.length;
    const did = byPlace(
      sent.filter(({ what }) => what !== 'heartbeat'),
      ordered,
    );
    const must = byPlace(this.naive.said, ordered);
    this.naive.said = [];
    for (const place of new Set([...did.keys(), ...must.keys()])) {
      const told = did.get(place) ?? [];
      const expected: readonly NaiveSaid[] = must.get(place) ?? [];
      hold(
        `what ${place} is told`,
        told.map(({ what }) => what).join('; '),
        expected.map(({ what }) => what).join('; '),
      );
      for (const [i, { attempt }] of expected.entries()) {
        const frames = told[i]?.frames;
        if (attempt !== undefined && frames !== undefined) this.#attempts.set(frames, attempt);
      }
    }
  }

  #compareCounters(): void {
    const { counters } = this.bench;
    const { counters: naive } = this.naive;
    for (const name of COUNTED) hold(`the counter ${name}`, counters[name], naive[name]);
    for (const [status, count] of Object.entries(naive.failed)) {
      hold(`the counter failed.${status}`, counters.failed[Number(status)], count);
    }
    for (const [reason, count] of Object.entries(naive.workersLost)) {
      hold(`the counter workersLost.${reason}`, counters.workersLost[reason], count);
    }
    const { refused } = this.bench.port;
    for (const frames of refused.slice(this.#refused)) {
      if (describeSent(frames, NONCE).what === 'heartbeat') this.#heartbeatsRefused++;
    }
    this.#refused = refused.length;
    const { slowReader, ...dropped } = naive.dropped;
    for (const [cause, count] of Object.entries(dropped)) {
      hold(`the counter dropped.${cause}`, counters.dropped[cause as keyof typeof dropped], count);
    }
    const more = counters.dropped.slowReader - slowReader;
    // A HEARTBEAT to an MX client that waits is not counted.
    hold('dropped.slowReader, but for HEARTBEATs, is right', more >= 0 && more <= this.#heartbeatsRefused, true);
    const sum = (of: Readonly<Record<string, number>>): number => Object.values(of).reduce((all, one) => all + one, 0);
    hold('invalid messages, by reason', sum(counters.invalid), counters.dropped.invalid);
  }

  #compareHeld(): void {
    const { state } = this.bench;
    const { naive } = this;
    const { dispatcher } = state;
    const waiting = naive.waiting();
    hold('workers', state.workers, naive.workers.length);
    hold('requests that wait', dispatcher.queued, waiting.length);
    hold(
      'their bytes',
      dispatcher.queuedBytes,
      waiting.reduce((all, { bytes: own }) => all + own, 0),
    );
    hold('bytes of all that have not ended', state.connections.pending.used, naive.pendingBytes());
    hold(
      'requests that workers hold',
      dispatcher.running,
      naive.requests.filter(({ worker }) => worker !== undefined).length,
    );
    const asking = naive.requests.filter((request) => naive.open(request)).map(({ peer }) => peer);
    hold('MX clients that wait', dispatcher.asking.size, new Set(asking.filter((peer) => peer !== undefined)).size);
    hold(
      'services',
      inOrder(describeServices(this.bench.now, dispatcher.services)),
      inOrder(naive.services.map((service) => naive.state(this.bench.now, service))),
    );
    for (const connection of state.connections) {
      const known = naive.connections.find(({ key }) => key === connection.key);
      const who = naive.workers.filter((worker) => worker.connection === known);
      hold(
        `what the workers of ${connection.key} hold`,
        [...connection.workers.values()].map(({ held }) => [...held].map(attemptName).join(' ')).join('; '),
        who
          .map((worker) =>
            naive
              .heldBy(worker)
              .map(({ token }) => token)
              .join(' '),
          )
          .join('; '),
      );
      hold(`whether ${connection.key} is banned`, connection.banned, known?.banned ?? false);
      hold(
        `services that exist because of ${connection.key}`,
        connection.servicesMade,
        naive.services.filter(({ madeBy }) => madeBy !== undefined && madeBy === known).length,
      );
    }
  }
}

function attemptName({ token, attemptId }: Request): string {
  return token === undefined ? `#${String(attemptId)}` : tokenName(token, NONCE);
}

/** What was said, by whom it was said to. */
function byPlace<T extends { readonly to: string; readonly what: string }>(
  said: readonly T[],
  ordered: boolean,
): Map<string, T[]> {
  const places = new Map<string, T[]>();
  for (const one of said) places.set(one.to, [...(places.get(one.to) ?? []), one]);
  if (!ordered) for (const all of places.values()) all.sort((a, b) => (a.what < b.what ? -1 : 1));
  return places;
}
