// SPDX-License-Identifier: Apache-2.0
// state-world - honest and hostile peers around a broker's state, and all that must hold whatever they do

import type { Frame } from '@mdp/protocol';
import { bytes, decodeAtBroker, decodeMx, findMx } from '@mdp/protocol';
import type { PeerDialect } from '../../src/events.js';
import type { Connection } from '../../src/state/connection.js';
import type { Sent } from './recording-port.js';
import { Bench } from './state-peers.js';
import { hearAtClient, hearAtWorker, sayCancel, sayReady, sayReply, sayRequest, saySignal } from './tongues.js';
import { ANYBODY } from './access.js';

/** Jest's `expect` costs far more than what it compares, and is asked some million times here. */
function hold(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: is ${String(actual)}, must be ${String(expected)}`);
}

/** One thing that happens. */
export interface Step {
  readonly what: (typeof HAPPENINGS)[number];
  /** Who does it, and which of the possibilities. */
  readonly who: number;
  readonly which: number;
}

/** What may happen; what stands here twice happens twice as often. */
export const HAPPENINGS = [
  'request',
  'request',
  'request',
  'ready',
  'ready',
  'ready',
  'ready again',
  'partial',
  'partial',
  'partial',
  'final',
  'final',
  'final',
  'error',
  'beat',
  'beat',
  'disconnect',
  'evil token',
  'rubbish',
  'time',
  'time',
  'long time',
  'connection dies',
  'news of the dead',
  'stops reading',
  'reads again',
  'asks mmi',
  'cancels',
  'cancels',
] as const;

const DIALECTS: readonly PeerDialect[] = ['rfc18', 'mx', 'majortomo', 'mdp01', 'mx'];
const SERVICES = ['a', 'b', 'c'];
const MAX_ATTEMPTS = 2;

/** A request as its client knows it. Each has an address of its own, so that every reply can be told by where it goes. */
interface Asked {
  readonly id: string;
  readonly connection: string;
  readonly dialect: PeerDialect;
  dispatches: number;
  /** Dispatches that were given back, or never left. */
  excused: number;
  /** PARTIALs that came; they carry their number. */
  partials: number;
  /** A PARTIAL has come. */
  begun: boolean;
  ended: boolean;
}

/** A worker as it knows itself. */
interface Working {
  readonly index: number;
  readonly hop: string;
  readonly dialect: PeerDialect;
  connection: string;
  /** It said READY and neither said nor heard DISCONNECT since. */
  in: boolean;
  /** The request that it holds. */
  holds: { id: string; token: Frame; partials: number } | undefined;
}

/** Everything around a state: peers, connections, and what they have seen. */
export class StateWorld {
  readonly bench: Bench;
  readonly #asked = new Map<string, Asked>();
  readonly #workers: Working[];
  /** Connections by number; a dead one is followed by one of another name. */
  readonly #generation = [0, 0, 0, 0, 0, 0];
  readonly #dead = new Set<string>();
  readonly #full = new Set<string>();
  /** What was sent to the dead and is not yet known to be lost. */
  #lost: Sent[] = [];
  readonly #tokens: Frame[] = [Uint8Array.of(1, 2, 3)];
  #serial = 0;

  constructor(maxAttempts = MAX_ATTEMPTS) {
    this.bench = new Bench({
      maxAttempts,
      maxQueuedPerClient: 6,
      maxQueuedPerService: 8,
      maxQueued: 12,
      maxBodyBytes: 200,
      maxBodyFrames: 8,
      maxStrikes: 5,
      maxWorkersPerConnection: 3,
      noWorkerTimeoutMs: 3_000,
      queueTimeoutMs: 20_000,
      busyWorkerTimeoutMs: 15_000,
      forwardErrors: true,
    });
    this.#workers = Array.from({ length: 6 }, (_, index) => ({
      index,
      hop: `w${String(index)}`,
      dialect: DIALECTS[index % DIALECTS.length] as PeerDialect,
      connection: this.#name(index),
      in: false,
      holds: undefined,
    }));
    this.bench.port.full = (connection, urgent) => this.#full.has(connection.key) && !urgent;
    this.bench.port.onSend = (message) => {
      if (this.#dead.has(message.connection.key)) this.#lost.push(message);
      this.#arrives(message);
    };
  }

  /** Workers 0 to 2 sit behind one proxy, with clients beside them; the others have connections of their own. */
  #name(index: number): string {
    const slot = index < 3 ? 0 : index;
    return `c${String(slot)}.${String(this.#generation[slot])}`;
  }

  #connection(key: string): Connection | undefined {
    const { state, now } = this.bench;
    return state.connections.require(now, 0, ANYBODY, bytes(key));
  }

  #say(key: string, hop: string, frames: readonly Frame[]): void {
    if (this.#dead.has(key)) return;
    const connection = this.#connection(key);
    if (connection === undefined) throw new Error('there is room for more connections');
    const { state, now } = this.bench;
    const whole = [bytes(key), bytes(hop), ...frames];
    const mx = findMx(whole, 1);
    if (mx > 0) state.receiveMx(now, connection, whole.slice(1, mx), decodeMx(whole, mx));
    else state.receive(now, connection, decodeAtBroker(whole, 1));
  }

  /** Let one thing happen, and look whether all is as it must be. */
  step({ what, who, which }: Step): void {
    const worker = this.#workers[who % this.#workers.length] as Working;
    const holder = this.#pick(who, (each) => each.holds !== undefined);
    switch (what) {
      case 'request':
        this.#ask(who, which);
        break;
      case 'asks mmi':
        this.#say(this.#name(who % 6), 'asker', sayRequest('rfc18', 'mmi.service', [bytes('a')]));
        break;
      case 'cancels':
        this.#cancel(who);
        break;
      case 'ready':
        this.#ready(this.#pick(who, (each) => !each.in) ?? worker, which);
        break;
      case 'ready again':
        this.#ready(worker, which);
        break;
      case 'partial':
      case 'final':
        if (holder !== undefined) this.#reply(holder, what, which);
        break;
      case 'error':
        if (holder !== undefined) this.#error(holder);
        break;
      case 'beat':
        this.#say(worker.connection, worker.hop, saySignal(worker.dialect, 'heartbeat'));
        break;
      case 'disconnect':
        this.#disconnect(worker);
        break;
      case 'evil token':
        this.#evil(worker, which);
        break;
      case 'rubbish':
        this.#say(worker.connection, worker.hop, [bytes('MDPW02'), Uint8Array.of(99)]);
        break;
      case 'time':
        this.bench.advance(which * 10);
        break;
      case 'long time':
        this.bench.advance(which * 200);
        break;
      case 'connection dies':
        this.#dies(who % 6);
        break;
      case 'news of the dead':
        this.news();
        break;
      case 'stops reading':
        this.#full.add(this.#name(who % 6));
        break;
      case 'reads again':
        this.#full.delete(this.#name(who % 6));
        break;
    }
    this.check();
  }

  /** One of the workers that are as wanted. */
  #pick(who: number, wanted: (worker: Working) => boolean): Working | undefined {
    const those = this.#workers.filter(wanted);
    return those[who % Math.max(1, those.length)];
  }

  #ask(who: number, which: number): void {
    const id = `r${String(this.#serial++)}`;
    const connection = this.#name(who % 6);
    if (this.#dead.has(connection)) return;
    const dialect = DIALECTS[which % DIALECTS.length] as PeerDialect;
    const service = SERVICES[which % SERVICES.length] as string;
    const body = which % 17 === 0 ? [bytes(id), new Uint8Array(300)] : [bytes(id), bytes('body')];
    const asked = { id, connection, dialect, dispatches: 0, excused: 0, partials: 0, begun: false, ended: false };
    this.#asked.set(id, asked);
    this.#say(connection, id, sayRequest(dialect, service, body));
  }

  #ready(worker: Working, which: number): void {
    if (this.#dead.has(worker.connection)) worker.connection = this.#name(worker.index);
    if (this.#dead.has(worker.connection)) return;
    // An MX worker serves one service here: another READY changes nothing.
    const service = SERVICES[(worker.dialect === 'mx' ? worker.index : which) % 3] as string;
    // Said twice, it is unexpected, and the answer, DISCONNECT, is what it hears. In MX it is not, but who was taken for
    // lost meanwhile and did not hear of it would then be given more than it wants.
    if (worker.dialect === 'mx' && worker.holds !== undefined) return;
    worker.holds = undefined;
    worker.in = true;
    this.#say(worker.connection, worker.hop, sayReady(worker.dialect, service));
  }

  #cancel(who: number): void {
    const those = [...this.#asked.values()].filter(({ dialect, ended }) => dialect === 'mx' && !ended);
    const asked = those[who % Math.max(1, those.length)];
    if (asked === undefined || this.#dead.has(asked.connection)) return;
    // Who is not listened to is not heard now either.
    if (this.#connection(asked.connection)?.banned === true) return;
    this.#say(asked.connection, asked.id, sayCancel());
    // Nothing may come any more.
    asked.ended = true;
  }

  #reply(worker: Working, type: 'partial' | 'final', which: number): void {
    const { holds, dialect } = worker;
    if (holds === undefined || (type === 'partial' && dialect === 'mdp01')) return;
    const word = type === 'partial' ? `p${String(holds.partials++)}` : `f${String(holds.partials)}`;
    const body = [bytes(`${holds.id} ${word}`), ...(which % 19 === 0 ? [new Uint8Array(300)] : [])];
    if (type === 'final') worker.holds = undefined;
    this.#say(worker.connection, worker.hop, sayReply(dialect, type, holds.token, body));
  }

  #error(worker: Working): void {
    const { holds, dialect } = worker;
    if (holds === undefined) return;
    worker.holds = undefined;
    const body = ['MDPE01', '500', `${holds.id} failed`].map(bytes);
    this.#say(worker.connection, worker.hop, sayReply(dialect, 'final', holds.token, body));
  }

  #disconnect(worker: Working): void {
    const asked = worker.holds === undefined ? undefined : this.#asked.get(worker.holds.id);
    if (asked !== undefined) asked.excused++;
    worker.in = false;
    worker.holds = undefined;
    this.#say(worker.connection, worker.hop, saySignal(worker.dialect, 'disconnect'));
  }

  /** A reply with any token but its own: nobody may ever see it. */
  #evil(worker: Working, which: number): void {
    const token = this.#tokens[which % this.#tokens.length] as Frame;
    if (worker.holds !== undefined && Buffer.compare(token, worker.holds.token) === 0) return;
    this.#say(worker.connection, worker.hop, sayReply(worker.dialect, 'final', token, [bytes('evil')]));
  }

  /** A connection is gone; the broker learns of it when it sends something there, and some time later. */
  #dies(slot: number): void {
    const index = slot < 3 ? 0 : slot;
    const key = this.#name(index);
    this.#dead.add(key);
    this.#generation[index] = (this.#generation[index] ?? 0) + 1;
    for (const worker of this.#workers) {
      if (worker.connection !== key) continue;
      worker.in = false;
      worker.holds = undefined;
    }
  }

  /** The broker learns what it could not deliver, and has read all that had come before. */
  news(): void {
    for (const message of this.#lost.splice(0)) this.bench.unreachable(message);
    this.bench.drained();
  }

  /** Something arrives, or would, were its receiver not dead. */
  #arrives({ connection, frames }: Sent): void {
    const hop = Buffer.from(frames[1] ?? []).toString();
    if (hop === 'asker') return;
    if (hop.startsWith('w')) this.#workerHears(connection.key, hop, frames.slice(2));
    else this.#clientHears(connection.key, hop, frames.slice(2));
  }

  #workerHears(key: string, hop: string, frames: readonly Frame[]): void {
    const worker = this.#workers.find((each) => each.hop === hop) as Working;
    // What goes to an earlier connection of it is lost.
    const current = worker.connection === key && !this.#dead.has(key);
    const message = hearAtWorker(worker.dialect, frames);
    if (message.type === 'invalid') throw new Error(`a worker was sent what is no message: ${message.reason}`);
    if (message.type === 'request') {
      this.#tokens.push(message.token);
      const asked = this.#asked.get(Buffer.from(message.body[0] ?? []).toString());
      if (asked === undefined) throw new Error('a request of nobody');
      asked.dispatches++;
      hold(`${asked.id} is dispatched; has begun`, asked.begun, false);
      hold(`${asked.id} is dispatched; has ended`, asked.ended, false);
      if (!current) {
        asked.excused++;
        return;
      }
      // One that waits, and only one.
      hold(`${hop} is given a request; is registered`, worker.in, true);
      hold(`${hop} is given a request; holds`, worker.holds?.id, undefined);
      worker.holds = { id: asked.id, token: message.token, partials: 0 };
    } else if (current) {
      // Nothing follows a DISCONNECT, whoever said it, but what answers something that was said after it.
      if (message.type === 'heartbeat') hold(`${hop} gets a HEARTBEAT; is registered`, worker.in, true);
      else if (message.type === 'disconnect') {
        worker.in = false;
        worker.holds = undefined;
      }
    }
  }

  #clientHears(key: string, id: string, frames: readonly Frame[]): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) throw new Error(`a reply to nobody: ${id}`);
    hold(`${id} is answered on`, key, asked.connection);
    const message = hearAtClient(asked.dialect, frames);
    if (message.type === 'invalid') throw new Error(`a client was sent what is no message: ${message.reason}`);
    // At most one end, and nothing after it.
    hold(`${id} is answered; has ended`, asked.ended, false);
    if (message.type === 'final') asked.ended = true;
    if (!('body' in message)) throw new Error(`a client was sent ${message.type}`);
    const words = message.body.map((frame) => Buffer.from(frame).toString());
    if (words[0] === 'MDPE01') return;
    for (const word of words) {
      const [whose, part = ''] = word.split(' ');
      hold(`${id} is answered with the reply to`, whose, id);
      // The first is number 0, and none is left out: also not when the parts were joined into one REPLY.
      hold(`the part of ${id}`, Number(part.slice(1)), asked.partials);
      if (part.startsWith('p')) asked.partials++;
    }
    if (message.type === 'partial') asked.begun = true;
  }

  /** What must hold at every moment. */
  check(): void {
    const { state, counters, ends } = this.bench;
    const { dispatcher, connections } = state;
    const total = { queued: 0, queuedBytes: 0, pendingBytes: 0, workers: 0, busy: 0 };
    for (const connection of connections) {
      total.queued += connection.queued.size;
      for (const request of connection.queued) total.queuedBytes += request.bytes;
      total.pendingBytes += connection.pendingBytes;
      const pending = [...connection.queued, ...connection.running];
      const least = pending.reduce((sum, { bytes: own }) => sum + own, 0);
      hold('bytes of its requests are counted', connection.pendingBytes >= least, true);
      hold('and none of others', pending.length > 0 || connection.pendingBytes === 0, true);
      total.workers += connection.workers.size;
      for (const worker of connection.workers.values()) {
        hold('a worker of a connection is registered', worker.registered, true);
        if (worker.held.size > 0) total.busy++;
      }
    }
    hold('requests that wait, by connections', total.queued, dispatcher.queued);
    hold('their bytes', total.queuedBytes, dispatcher.queuedBytes);
    hold('the bytes of all that have not ended', total.pendingBytes, connections.pending.used);
    hold('workers, by connections', total.workers, state.workers);
    hold('workers that hold a request', total.busy, dispatcher.busy.size);
    let queued = 0;
    let workers = 0;
    for (const { name, ...service } of dispatcher.services.values()) {
      queued += service.queue.size;
      workers += service.workers;
      hold(`the service ${name} has something`, service.workers + service.queue.size > 0, true);
      hold(`work and workers wait for ${name} at once`, service.free.size > 0 && service.queue.size > 0, false);
    }
    hold('requests that wait, by services', queued, dispatcher.queued);
    hold('workers, by services', workers, state.workers);
    hold('requests that ended, wait or run', ends.ended + ends.waiting, ends.requests);
    const lost = Object.values(counters.workersLost).reduce((sum, count) => sum + count, 0);
    hold('workers that are lost or registered', lost + state.workers, counters.workersReady);
    for (const { id, dispatches, excused } of this.#asked.values()) {
      hold(`${id} was given to too many workers`, dispatches > MAX_ATTEMPTS + excused, false);
    }
  }

  /** Let everything end, and see that nothing is left. */
  rest(): void {
    this.#full.clear();
    this.news();
    this.bench.advance(400_000);
    this.news();
    this.check();
    const { dispatcher, connections, workers } = this.bench.state;
    hold('services, when all has ended', dispatcher.services.size, 0);
    hold('requests that wait, when all has ended', dispatcher.queued, 0);
    hold('requests that run, when all has ended', dispatcher.busy.size, 0);
    hold('workers, when all has ended', workers, 0);
    hold('open requests, when all has ended', this.bench.ends.waiting, 0);
    this.bench.advance(400_000);
    hold('connections, long after', connections.size, 0);
    hold('the next deadline, long after', this.bench.state.nextDeadline(), Infinity);
  }
}
