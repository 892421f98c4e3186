// SPDX-License-Identifier: Apache-2.0
// state-peers - a broker's state on a clock advanced by hand, and peers that talk to it in frames

import type { Dialect, Frame } from '@mdp/protocol';
import {
  bytes,
  decodeAtBroker,
  decodeAtClient,
  decodeAtWorker,
  encodeReady,
  encodeRequest,
  encodeSignal,
  encodeWorkerReply,
  isMxFrame,
} from '@mdp/protocol';
import { FakeClock } from '@mdp/testkit';
import type { BrokerOptions, Role } from '../../src/options.js';
import { resolveBrokerOptions } from '../../src/options.js';
import { BrokerState } from '../../src/state/broker-state.js';
import { Access } from '../../src/state/access.js';
import type { Connection } from '../../src/state/connection.js';
import type { Sent } from './recording-port.js';
import { RecordingPort } from './recording-port.js';

/** Where a peer sits and what it speaks. */
export interface PeerPlace {
  readonly dialect?: Dialect;
  /** Routing ids of the proxies between, the nearest to the broker first. */
  readonly hops?: readonly string[];
  readonly socket?: number;
  readonly role?: Role;
  /** What may be done on its socket. Default: what the role may. */
  readonly access?: Access;
}

/** A message at a peer, with text in place of bytes. */
export interface Heard {
  readonly type: string;
  readonly service?: string | undefined;
  readonly token?: Frame;
  readonly body?: string[];
}

/** The random half of the tokens of these tests. */
export const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** The interval of these tests, in milliseconds; workers expire after four of them. */
export const INTERVAL = 1000;

/** A state under test, its port and its clock. */
export class Bench {
  readonly clock = new FakeClock();
  readonly port = new RecordingPort();
  readonly state: BrokerState;

  /** @param options - those of a broker; the heartbeat interval is {@link INTERVAL} unless they say something else */
  constructor(options: BrokerOptions = {}) {
    const resolved = resolveBrokerOptions({ heartbeatIntervalMs: INTERVAL, heartbeatLiveness: 4, ...options });
    this.state = new BrokerState(resolved, this.port, NONCE, () => ({ about: 'this broker' }));
  }

  get counters(): BrokerState['counters'] {
    return this.state.counters;
  }

  get now(): number {
    return this.clock.now();
  }

  client(id: string, place: PeerPlace = {}): TestClient {
    return new TestClient(this, id, place);
  }

  worker(id: string, place: PeerPlace = {}): TestWorker {
    return new TestWorker(this, id, place);
  }

  /** Let time pass, as a broker's timer does: the state is woken at each of its deadlines. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (let next = this.state.nextDeadline(); next <= until; next = this.state.nextDeadline()) {
      this.clock.advance(Math.max(0, next - this.now));
      this.state.tick(this.now);
      if (this.state.nextDeadline() <= this.now) throw new Error('a tick left something undone');
    }
    this.clock.advance(until - this.now);
  }

  /** What ZeroMQ says when a message to a connection that is gone was tried. */
  unreachable(message: Sent): void {
    this.state.unreachable(this.now, message.connection, message.frames);
  }

  /** Everything that arrived on a socket is read. */
  drained(socket = 0): void {
    this.state.drained(this.now, socket);
  }

  /** What the requests that are counted became: nothing is lost and nothing counted twice. */
  get ends(): Record<'requests' | 'ended' | 'waiting', number> {
    const { requests, finals, mmi, abandoned, cancelled, failed } = this.counters;
    let open = 0;
    for (const connection of this.state.connections) open += connection.running.size;
    const ended = finals + mmi + abandoned + cancelled + Object.values(failed).reduce((sum, count) => sum + count, 0);
    return { requests, ended, waiting: this.state.dispatcher.queued + open };
  }
}

/** A peer of the state: it says frames, and hears what goes to its routing id and hops. */
export class TestPeer {
  readonly id: Frame;
  readonly dialect: Dialect;
  readonly access: Access;
  readonly socket: number;
  readonly hops: readonly Frame[];
  #read = 0;

  constructor(
    readonly bench: Bench,
    id: string,
    { dialect = 'rfc18', hops = [], socket = 0, role = 'any', access = new Access(role) }: PeerPlace,
  ) {
    this.id = bytes(id);
    this.dialect = dialect;
    this.access = access;
    this.socket = socket;
    this.hops = hops.map(bytes);
  }

  /** The state's connection of this peer. */
  get connection(): Connection {
    const { state, now } = this.bench;
    const connection = state.connections.require(now, this.socket, this.access, this.id);
    if (connection === undefined) throw new Error('no connection is free');
    return connection;
  }

  /** Say a message of these frames; the routing id and the hops go in front. */
  say(frames: readonly Frame[]): void {
    const whole = [this.id, ...this.hops, ...frames];
    this.bench.state.receive(this.bench.now, this.connection, decodeAtBroker(whole, 1));
  }

  /** Say frames given as text. */
  sayRaw(...frames: string[]): void {
    this.say(frames.map((frame) => bytes(frame)));
  }

  /** What was sent to it since it was last asked, without routing id and hops. */
  takeFrames(): Frame[][] {
    return this.takeSent().map(({ frames }) => frames.slice(1 + this.hops.length));
  }

  /** What was sent to it since it was last asked. */
  takeSent(): Sent[] {
    const { sent } = this.bench.port;
    const mine = sent.slice(this.#read).filter((message) => this.#isMine(message));
    this.#read = sent.length;
    return mine;
  }

  /** Sent on its socket to its routing id and hops, and no farther. */
  #isMine({ connection, frames }: Sent): boolean {
    if (connection.socket !== this.socket) return false;
    const front = [this.id, ...this.hops];
    if (!front.every((frame, i) => Buffer.compare(frame, frames[i] ?? new Uint8Array(0)) === 0)) return false;
    const next = frames[front.length];
    if (next === undefined) return false;
    return (
      next.length === 0 || isMxFrame(next) || (next.length === 6 && Buffer.from(next).toString().startsWith('MDP'))
    );
  }
}

/** A client. */
export class TestClient extends TestPeer {
  request(service: string, ...body: string[]): void {
    this.say(encodeRequest(this.dialect, bytes(service), body.length === 0 ? [bytes('x')] : body.map(bytes)));
  }

  /** What it heard since it was last asked. */
  take(): Heard[] {
    return this.takeFrames().map((frames) => {
      const message = decodeAtClient(this.dialect, frames);
      if (message.type === 'invalid') throw new Error(`a client was sent what is no message: ${message.reason}`);
      return { type: message.type, service: message.service, body: words(message.body) };
    });
  }

  /** What it heard, in short: `partial a b`, `final`, `error 404`. */
  takeShort(): string[] {
    return this.take().map(({ type, body = [] }) =>
      type === 'final' && body[0] === 'MDPE01' && body.length === 3
        ? `error ${body[1] ?? ''}`
        : [type, ...body].join(' '),
    );
  }
}

/** A worker. */
export class TestWorker extends TestPeer {
  /** The token of the REQUEST that it was sent last. */
  token: Frame = bytes('none');

  ready(service: string): this {
    this.say(encodeReady(this.dialect, bytes(service)));
    return this;
  }

  partial(...body: string[]): void {
    this.say(encodeWorkerReply(this.dialect, 'partial', this.token, body.map(bytes)));
  }

  final(...body: string[]): void {
    this.say(encodeWorkerReply(this.dialect, 'final', this.token, body.map(bytes)));
  }

  beat(): void {
    this.say(encodeSignal(this.dialect, 'heartbeat'));
  }

  disconnect(): void {
    this.say(encodeSignal(this.dialect, 'disconnect'));
  }

  /** What it heard since it was last asked; the token of a REQUEST is kept. */
  take(): Heard[] {
    return this.takeFrames().map((frames) => {
      const message = decodeAtWorker(this.dialect, frames);
      if (message.type === 'invalid') throw new Error(`a worker was sent what is no message: ${message.reason}`);
      if (message.type !== 'request') return { type: message.type };
      this.token = message.token;
      return { type: 'request', token: message.token, body: words(message.body) };
    });
  }

  /** What it heard, in short: `request a b`, `heartbeat`, `disconnect`. */
  takeShort(): string[] {
    return this.take().map(({ type, body = [] }) => [type, ...body].join(' '));
  }

  /** Whether the state has it registered. */
  get registered(): boolean {
    return this.#known !== undefined;
  }

  /** Whether it holds a request. */
  get busy(): boolean {
    return (this.#known?.held.size ?? 0) > 0;
  }

  get #known() {
    const front = Buffer.concat([this.id, ...this.hops]);
    for (const worker of this.connection.workers.values()) {
      const own = worker.envelope.slice(0, 1 + this.hops.length);
      const longer = worker.envelope[1 + this.hops.length];
      if (Buffer.concat(own).equals(front) && (longer === undefined || longer.length === 0)) return worker;
    }
    return undefined;
  }
}

function words(body: readonly Frame[]): string[] {
  return body.map((frame) => Buffer.from(frame).toString());
}
