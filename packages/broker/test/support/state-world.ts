// SPDX-License-Identifier: Apache-2.0
// state-world - honest and hostile peers around a broker's state, and what they see of it

import type { Frame } from '@mdp/protocol';
import { bytes, headerKind, isMxFrame } from '@mdp/protocol';
import type { BrokerOptions } from '../../src/options.js';
import type { PeerDialect } from '../../src/events.js';
import type { NaiveAccess } from './naive-parts.js';
import type { Sent } from './recording-port.js';
import { SideBySide, hold } from './side-by-side.js';
import type { Heard } from './tongues.js';
import {
  hearAtClient,
  hearAtWorker,
  sayCancel,
  sayCredit,
  sayReady,
  sayReply,
  sayRequest,
  saySignal,
} from './tongues.js';
import type { Asked } from './state-clients.js';
import { StateClients } from './state-clients.js';
import { checkBroker, checkNothingLeft } from './state-invariants.js';
import { ATTEMPTS, DIALECTS, LARGE, LIMITS, MMI, PLACES, SERVICES, SOCKETS, TOO_LARGE } from './state-places.js';

/** One thing that happens. */
export interface Step {
  readonly what: (typeof HAPPENINGS)[number];
  /** Who does it, and which of the possibilities. */
  readonly who: number;
  readonly which: number;
}

/** What may happen; what stands here several times happens more often. */
export const HAPPENINGS = [
  ...(['request', 'request', 'request', 'requests', 'requests', 'ready', 'ready', 'ready', 'ready again'] as const),
  ...(['partial', 'partial', 'partial', 'streams', 'streams', 'final', 'final', 'final', 'final', 'error'] as const),
  ...(['cancels', 'grants', 'grants', 'grants', 'asks twice', 'asks mmi', 'takes back', 'disconnect'] as const),
  ...(['all beat', 'all beat', 'all beat', 'beat', 'evil token', 'rubbish', 'floods frames'] as const),
  ...(['falls behind', 'falls behind'] as const),
  ...(['time', 'time', 'long time', 'connection dies', 'news of the dead', 'some connection broke'] as const),
  ...([
    'reads slowly',
    'reads slowly',
    'stops reading',
    'is stuck',
    'reads again',
    'reads again',
    'reads again',
  ] as const),
] as const;

/** So many requests or parts come at once when a client or a worker is in a hurry. */
const BURST = 4;

/** How long clients wait that are kept waiting: for ever, or so many milliseconds. */
const PATIENCE = [2_777, 1_489, 2_777, 0, 2_777, 1_489, 2_777];

/** The places of two clients of MX that may ask for anything, behind a proxy and not. */
const HASTY_PLACES = [0, 5];

/** A request that a worker was given. */
interface Holding {
  readonly asked: Asked;
  readonly token: Frame;
  partials: number;
}

/** A worker as it knows itself. */
interface Working {
  /** Of its place, too. */
  readonly index: number;
  readonly hops: readonly string[];
  readonly dialect: PeerDialect;
  connection: string;
  /** It said READY and neither said nor heard DISCONNECT since. */
  in: boolean;
  holds: Holding[];
}

/** Workers 0 to 2 sit behind one proxy, with clients beside them; the others have connections of their own. */
function placeOf(index: number): number {
  return index < 3 ? 0 : index;
}

/** Everything around a state: peers, connections, and what they have seen. */
export class StateWorld {
  readonly pair: SideBySide;
  readonly #clients = new StateClients();
  readonly #workers: Working[];
  /** Connections by number; a dead one is followed by one of another name. */
  readonly #generation = [0, 0, 0, 0, 0, 0];
  readonly #dead = new Set<string>();
  readonly #slow = new Set<string>();
  readonly #full = new Set<string>();
  readonly #stuck = new Set<string>();
  /** What was sent to the dead and is not yet known to be lost. */
  #lost: Sent[] = [];
  readonly #tokens: Frame[] = [Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 255, 0, 0, 0, 0, 0, 0, 0)];
  #serial = 0;

  /** @param options - what differs from the limits of this world */
  constructor(options: BrokerOptions = {}) {
    const full = (key: string, urgent: boolean): boolean => this.#stuck.has(key) || (this.#full.has(key) && !urgent);
    const slow = (key: string): boolean => full(key, false) || this.#slow.has(key);
    this.pair = new SideBySide({ ...LIMITS, ...options }, full, slow);
    this.#workers = Array.from({ length: 6 }, (_, index) => ({
      index,
      hops: index < 3 ? [`w${String(index)}`] : [],
      dialect: DIALECTS[index % DIALECTS.length] as PeerDialect,
      connection: this.#name(placeOf(index)),
      in: false,
      holds: [],
    }));
    this.pair.bench.port.onSend = (message) => {
      if (this.#dead.has(message.connection.key)) this.#lost.push(message);
      this.#arrives(message);
    };
  }

  #name(place: number): string {
    return `c${String(place)}.${String(this.#generation[place])}`;
  }

  /** The place of a connection. */
  #access(key: string): NaiveAccess & { readonly proxy: boolean } {
    return PLACES[Number(key[1])] as (typeof PLACES)[number];
  }

  #say(key: string, hops: readonly string[], frames: readonly Frame[]): void {
    if (!this.#dead.has(key)) this.pair.say(key, this.#access(key), [...hops.map(bytes), ...frames]);
  }

  /** Let one thing happen, and look whether all is as it must be. */
  step({ what, who, which }: Step): void {
    this.pair.moment();
    const worker = this.#workers[who % this.#workers.length] as Working;
    const place = who % PLACES.length;
    const key = this.#name(place);
    const holder = this.#pick(who, (each) => each.holds.length > 0);
    switch (what) {
      case 'request':
        this.#ask(place, which);
        break;
      case 'requests':
        for (let i = 0; i < BURST; i++) this.#ask(place, which + i);
        break;
      case 'falls behind':
        this.#fallsBehind(who, which);
        break;
      case 'asks twice':
        this.#withOpen(who, ({ connection, hops, id }) => {
          const { naive } = this.pair;
          const isOpen = naive.requests.some((known) => naive.open(known) && known.dialect === 'mx' && known.id === id);
          if (isOpen) this.#say(connection, hops, sayRequest('mx', 'a', [bytes('again')], id));
        });
        break;
      case 'asks mmi':
        this.#say(
          key,
          ['asker'],
          sayRequest('rfc18', MMI[which % MMI.length] as string, [bytes(SERVICES[which % SERVICES.length] ?? '')]),
        );
        break;
      case 'cancels':
        this.#cancel(who);
        break;
      case 'grants':
        this.#withOpen(who, ({ connection, hops, id }) => {
          this.#say(connection, hops, sayCredit(id, which % 5 === 0 ? 4_294_967_295 : which * 1_000));
        });
        break;
      case 'ready':
        this.#ready(this.#pick(who, (each) => !each.in) ?? worker, which);
        break;
      case 'ready again':
        this.#ready(worker, which);
        break;
      case 'takes back':
        if (worker.dialect === 'mx')
          this.#say(worker.connection, worker.hops, sayReady('mx', SERVICES[which % SERVICES.length] ?? '', 0));
        break;
      case 'partial':
      case 'final':
        if (holder !== undefined) this.#reply(holder, what, which);
        break;
      case 'streams':
        for (let i = 0; i < BURST; i++) if (holder !== undefined) this.#reply(holder, 'partial', which - (which % 3));
        break;
      case 'all beat':
        for (const { in: isIn, connection, hops, dialect } of this.#workers) {
          if (isIn) this.#say(connection, hops, saySignal(dialect, 'heartbeat'));
        }
        break;
      case 'error':
        if (holder !== undefined) this.#error(holder, which);
        break;
      case 'beat':
        this.#say(worker.connection, worker.hops, saySignal(worker.dialect, 'heartbeat'));
        break;
      case 'disconnect':
        this.#disconnect(worker);
        break;
      case 'evil token':
        this.#evil(worker, which);
        break;
      case 'rubbish':
        this.#say(
          key,
          [],
          which % 2 === 0 ? [bytes('MDPW02'), Uint8Array.of(99)] : [bytes(`MDPX01${'?'.repeat(which)}`)],
        );
        break;
      case 'floods frames':
        if (which % 8 === 0 && !this.#dead.has(key)) this.pair.overframed(key, this.#access(key));
        break;
      case 'time':
        this.pair.advance(which * 10);
        break;
      case 'long time':
        this.pair.advance(which * 200);
        break;
      case 'some connection broke':
        this.pair.bench.state.connectionLost(this.pair.bench.now);
        break;
      case 'connection dies':
        this.#dies(place);
        break;
      case 'news of the dead':
        this.#news([which % SOCKETS.length]);
        break;
      case 'reads slowly':
        this.#slow.add(key);
        break;
      case 'stops reading':
        this.#full.add(key);
        break;
      case 'is stuck':
        this.#stuck.add(key);
        break;
      case 'reads again':
        this.#readsAgain(key);
        break;
    }
    this.check();
  }

  #readsAgain(key: string): void {
    const wasSlow = [this.#stuck, this.#full, this.#slow].map((those) => those.delete(key)).includes(true);
    if (wasSlow && !this.#dead.has(key)) this.pair.relieved(key);
  }

  /** One of the workers that are as wanted. */
  #pick(who: number, wanted: (worker: Working) => boolean): Working | undefined {
    const those = this.#workers.filter(wanted);
    return those[who % Math.max(1, those.length)];
  }

  /** One of the MX requests that have not ended, as far as their clients know. */
  #withOpen(who: number, then: (asked: Asked) => void): void {
    const open = [...this.#clients.all].filter(({ dialect, ended }) => dialect === 'mx' && !ended);
    // A stream is rarer than a request, and more can go wrong with it.
    const streams = open.filter(({ begun }) => begun);
    const those = streams.length > 0 && who % 2 === 0 ? streams : open;
    const asked = those[who % Math.max(1, those.length)];
    if (asked !== undefined && !this.#dead.has(asked.connection)) then(asked);
  }

  /**
   * Of one client more waits than can be done: some of what it asked for has used up half of its time or nearly, when it asks for
   * more and a worker has room again.
   */
  #fallsBehind(who: number, which: number): void {
    const place = HASTY_PLACES[who % HASTY_PLACES.length] ?? 0;
    const busy = this.#pick(who, ({ holds }) => holds.length > 0);
    const service = busy?.holds[0]?.asked.service ?? 'b';
    const ask = (i: number): void => {
      // The same one of those behind a proxy; and no body that is too large, nor a name.
      this.#ask(place, 1, { dialect: 'mx', service, deadlineMs: PATIENCE[(which + i) % PATIENCE.length] ?? 0 });
    };
    for (let i = 0; i < 3; i++) ask(i);
    this.pair.advance(600 + 10 * (which % 100));
    for (let i = 3; i < 5; i++) ask(i);
    for (let i = 0; i < 3; i++) {
      const worker = this.#pick(who + i, ({ holds }) => holds.some(({ asked }) => asked.service === service));
      if (worker !== undefined) this.#reply(worker, 'final', 1);
    }
  }

  /** @param of - what is not left to chance */
  #ask(place: number, which: number, of?: Pick<Asked, 'dialect' | 'service'> & { deadlineMs: number }): void {
    const id = ++this.#serial;
    const name = `r${String(id)}`;
    const connection = this.#name(place);
    if (this.#dead.has(connection)) return;
    const { dialect, service } = of ?? {
      dialect: DIALECTS[which % DIALECTS.length] as PeerDialect,
      service: SERVICES[which % SERVICES.length] as string,
    };
    // Each strict request has an address of its own, so that its replies can be told by where they go; MX has ids.
    const direct = PLACES[place]?.proxy === false && dialect === 'mx';
    // That of some says whose it is, and these are few.
    const address = which % 4 === 0 ? name : `mdp:0123456789abcde${String(which % 2)}:${name}`;
    const hops = direct ? [] : [dialect === 'mx' ? `m${String(which % 4)}` : address];
    const more = which % 37 === 0 ? TOO_LARGE : which % 13 === 0 ? LARGE : bytes('body');
    const seen = { dispatches: 0, excused: 0, partials: 0, begun: false, ended: false };
    const asked = { name, id, connection, place, hops, dialect, service, ...seen };
    this.#clients.add(asked);
    const identity =
      which % 5 === 0
        ? { attempts: which % 2 === 0 ? 254 : 0, key: bytes(which % 4 === 0 ? '' : `k${name}`) }
        : undefined;
    const deadlineMs = of?.deadlineMs ?? (which % 3 === 0 ? 2_777 : 0);
    this.#say(connection, hops, sayRequest(dialect, service, [bytes(name), more], id, deadlineMs, identity));
  }

  #ready(worker: Working, which: number): void {
    const key = this.#name(placeOf(worker.index));
    if (this.#dead.has(worker.connection)) worker.connection = key;
    if (this.#dead.has(worker.connection)) return;
    const service = which % 29 === 0 ? 'mmi.x' : (SERVICES[which % SERVICES.length] as string);
    // Said twice, it is unexpected, and the answer, DISCONNECT, is what it hears. In MX it changes the credit.
    if (worker.dialect !== 'mx') worker.holds = [];
    worker.in = true;
    this.#say(worker.connection, worker.hops, sayReady(worker.dialect, service, 1 + (which % 3)));
  }

  #cancel(who: number): void {
    this.#withOpen(who, (asked) => {
      const { connection, hops, id } = asked;
      // Who is not listened to is not heard now either.
      if (this.pair.naive.connection(connection, this.#access(connection)).banned) return;
      this.#say(connection, hops, sayCancel(id));
      // Nothing may come any more.
      asked.ended = true;
    });
  }

  #reply(worker: Working, type: 'partial' | 'final', which: number): void {
    const { holds, dialect } = worker;
    const held = holds[which % holds.length];
    if (held === undefined || (type === 'partial' && dialect === 'mdp01')) return;
    const word = type === 'partial' ? `p${String(held.partials++)}` : `f${String(held.partials)}`;
    const more = which % 38 === 0 ? [TOO_LARGE] : which % 3 === 0 ? [LARGE] : [];
    if (type === 'final') worker.holds = holds.filter((other) => other !== held);
    this.#say(
      worker.connection,
      worker.hops,
      sayReply(dialect, type, held.token, [bytes(`${held.asked.name} ${word}`), ...more]),
    );
  }

  #error(worker: Working, which: number): void {
    const { holds, dialect } = worker;
    const held = holds[which % holds.length];
    if (held === undefined) return;
    worker.holds = holds.filter((other) => other !== held);
    const body = ['MDPE01', which % 2 === 0 ? '500' : '404', `${held.asked.name} failed`].map(bytes);
    this.#say(worker.connection, worker.hops, sayReply(dialect, 'final', held.token, body));
  }

  #disconnect(worker: Working): void {
    for (const { asked } of worker.holds) asked.excused++;
    worker.in = false;
    worker.holds = [];
    this.#say(worker.connection, worker.hops, saySignal(worker.dialect, 'disconnect'));
  }

  /** A reply with any token but its own: nobody may ever see it. */
  #evil(worker: Working, which: number): void {
    const token = this.#tokens[which % this.#tokens.length] as Frame;
    if (worker.holds.some((held) => Buffer.compare(token, held.token) === 0)) return;
    this.#say(worker.connection, worker.hops, sayReply(worker.dialect, 'final', token, [bytes('evil')]));
  }

  /** A connection is gone; the broker learns of it when it sends something there, and some time later. */
  #dies(place: number): void {
    const key = this.#name(place);
    this.#dead.add(key);
    this.#generation[place] = (this.#generation[place] ?? 0) + 1;
    for (const worker of this.#workers) {
      if (worker.connection !== key) continue;
      worker.in = false;
      worker.holds = [];
    }
  }

  /** The broker learns what it could not deliver, and has read all that had come before on some of its sockets. */
  #news(sockets: readonly number[] = SOCKETS): void {
    this.pair.undelivered(this.#lost.splice(0), sockets);
  }

  /** Something arrives, or would, were its receiver not dead. */
  #arrives({ connection: { key }, frames }: Sent): void {
    const at = frames.findIndex((frame, i) => i > 0 && (isMxFrame(frame) || headerKind(frame) !== undefined));
    const header = frames[at] as Frame;
    const delimited = frames[at - 1]?.length === 0;
    const hops = frames.slice(1, delimited ? at - 1 : at).map((frame) => Buffer.from(frame).toString());
    const rest = frames.slice(delimited ? at - 1 : at);
    if (hops[0] === 'asker') return;
    const worker = this.#workers.find(
      (each) => each.hops.join() === hops.join() && key.startsWith(`c${String(placeOf(each.index))}.`),
    );
    if (isMxFrame(header)) {
      const message = hearAtClient('mx', rest);
      if (message.type === 'partial' || message.type === 'final') {
        this.#clients.hears(this.#clients.at(key, [...hops, String(message.id)]), message);
      } else if (worker === undefined) hold(`an MX client hears`, message.type, 'heartbeat');
      else if (message.type !== 'heartbeat') this.#workerHears(key, worker, message);
    } else if (headerKind(header)?.startsWith('client') === true) {
      const asked = this.#clients.at(key, hops);
      this.#clients.hears(asked, hearAtClient(asked.dialect, rest));
    } else if (worker === undefined) throw new Error(`a command to no worker: ${key} ${hops.join()}`);
    else this.#workerHears(key, worker, hearAtWorker(worker.dialect, rest));
  }

  #workerHears(key: string, worker: Working, message: Heard): void {
    const who = `worker ${String(worker.index)}`;
    // What goes to an earlier connection of it is lost.
    const current = worker.connection === key && !this.#dead.has(key);
    if (message.type === 'invalid') throw new Error(`a worker was sent what is no message: ${message.reason}`);
    if (message.type === 'request') {
      this.#tokens.push(message.token);
      const asked = this.#clients.named(Buffer.from(message.body[0] ?? []).toString());
      asked.dispatches++;
      hold(`${asked.name} is dispatched; has begun`, asked.begun, false);
      hold(`${asked.name} is dispatched; has ended`, asked.ended, false);
      if (!current) {
        asked.excused++;
        return;
      }
      hold(`${who} is given a request; is registered`, worker.in, true);
      // One that waits, and only one.
      if (worker.dialect !== 'mx') hold(`${who} is given a request; holds`, worker.holds.length, 0);
      // Who was taken for gone, and did not hear of it, may be given the same id again.
      worker.holds = worker.holds.filter((held) => Buffer.compare(held.token, message.token) !== 0);
      worker.holds.push({ asked, token: message.token, partials: 0 });
    } else if (current) {
      // Nothing follows a DISCONNECT, whoever said it, but what answers something that was said after it.
      if (message.type === 'heartbeat') {
        hold(`${who} gets a HEARTBEAT; is registered`, worker.in, true);
      } else if (message.type === 'disconnect') {
        worker.in = false;
        worker.holds = [];
      }
    }
  }

  /** What must hold at every moment. */
  check(): void {
    checkBroker(this.pair.bench);
    for (const { name, service, dispatches, excused } of this.#clients.all) {
      hold(`${name} was given to too many workers`, dispatches > (ATTEMPTS[service] ?? 0) + excused, false);
    }
  }

  /** Let everything end, and see that nothing is left. */
  rest(): void {
    for (const key of [...this.#slow, ...this.#full, ...this.#stuck]) this.#readsAgain(key);
    this.#news();
    this.pair.bench.state.connectionLost(this.pair.bench.now);
    this.pair.advance(1_000);
    this.#news();
    this.pair.advance(400_000);
    this.#news();
    this.check();
    checkNothingLeft(this.pair.bench);
    this.pair.advance(400_000);
    hold('connections, long after', this.pair.bench.state.connections.size, 0);
    hold('the next deadline, long after', this.pair.bench.state.nextDeadline(), Infinity);
  }
}
