// SPDX-License-Identifier: Apache-2.0
// harness - a client state on a clock advanced by hand, over connections that only record

import type { Frame, MxRecord, RequestError } from '@mdp/protocol';
import { bytes, encodeErrorReply, text } from '@mdp/protocol';
import type { Refusal } from '@mdp/protocol/internal';
import { FakeClock } from '@mdp/testkit';
import type { ClientPort, StateOptions } from '../../src/state/client-state.js';
import { ClientState } from '../../src/state/client-state.js';
import type { Endpoint } from '../../src/state/endpoint.js';
import type { ReplySink, RequestPolicy, Target } from '../../src/state/exchange.js';
import { Exchange } from '../../src/state/exchange.js';
import type { Link, LinkHandle } from '../../src/state/link.js';
import type { MxHandle } from '../../src/state/mx-link.js';
import { MxLink } from '../../src/state/mx-link.js';

/** A connection that records what it is told. */
export class FakeHandle implements LinkHandle {
  readonly sent: (readonly Frame[])[] = [];
  readable = false;
  closed = false;
  /** How many messages were asked for. */
  asked = 0;

  constructor(
    readonly link: Link,
    readonly connected: boolean,
    readonly onSend?: (exchange: Exchange) => void,
  ) {}

  send(frames: readonly Frame[]): void {
    this.sent.push(frames);
    if (this.link.exchange !== undefined) this.onSend?.(this.link.exchange);
  }

  receive(): void {
    this.asked += 1;
  }

  close(): void {
    this.closed = true;
  }
}

/** An MX connection that records what it is told. */
export class FakeMxHandle implements MxHandle {
  readonly records: MxRecord<Frame>[] = [];
  blocked = false;
  closed = false;
  /** How often the broker was asked. */
  asked = 0;

  constructor(
    readonly link: MxLink,
    readonly connected: boolean,
    readonly onSend?: (exchange: Exchange) => void,
  ) {}

  ask(): void {
    this.asked += 1;
  }

  put(record: MxRecord<Frame>): void {
    this.records.push(record);
    const exchange = record.type === 'request' ? this.link.find(record.id) : undefined;
    if (exchange !== undefined) this.onSend?.(exchange);
  }

  close(): void {
    this.closed = true;
  }

  /** The records of one kind, in order. */
  of<T extends MxRecord['type']>(type: T): Extract<MxRecord<Frame>, { type: T }>[] {
    return this.records.filter((record) => record.type === type) as Extract<MxRecord<Frame>, { type: T }>[];
  }
}

/** A reader that records what it is told. */
export class FakeSink implements ReplySink {
  readonly parts: string[] = [];
  complete = false;
  error: RequestError | undefined;
  atOnce: boolean | undefined;
  partTimeouts = 0;
  ends = 0;
  /** Whether a reader waits for parts. */
  reading = true;

  part(body: Frame[], last: boolean): boolean {
    this.parts.push(body.map((frame) => text(frame)).join(','));
    this.complete = last;
    if (last) this.ends += 1;
    return this.reading;
  }

  fail(error: RequestError, atOnce: boolean): void {
    this.error = error;
    this.atOnce = atOnce;
    this.ends += 1;
  }

  partTimeout(): void {
    this.partTimeouts += 1;
  }
}

export const POLICY: RequestPolicy = {
  timeoutMs: 0,
  idleTimeoutMs: 0,
  attemptTimeoutMs: 0,
  attempts: 1,
  baseMs: 100,
  maxMs: 1_000,
  maxBufferedBytes: 1_000_000,
};

/** Where the requests of tests go that send none. */
export const TARGET: Target = { service: 's', name: bytes('s'), head: [bytes('s')] };

/** A request and who reads its reply. */
export interface Call {
  readonly exchange: Exchange;
  readonly sink: FakeSink;
}

export class Harness implements ClientPort {
  readonly clock = new FakeClock();
  readonly state: ClientState;
  /** Every strict connection that was opened, in order. */
  readonly handles: FakeHandle[] = [];
  /** Every MX connection that was opened, in order. */
  readonly mxHandles: FakeMxHandle[] = [];
  isClosed = false;
  /** Brokers that said no, and why, as the client is told. */
  readonly refusals: string[] = [];
  /** Every request that was made, in order. */
  readonly calls: Call[] = [];
  /** Is told of each request that is sent. */
  onSend: ((exchange: Exchange) => void) | undefined;
  readonly #sent = (exchange: Exchange): void => this.onSend?.(exchange);
  /** What the next opening throws. */
  openError: Error | undefined;
  /** Endpoints that need no handshake. */
  readonly instant = new Set<string>();

  readonly wire: StateOptions['wire'];

  constructor(options: Partial<StateOptions> = {}) {
    this.wire = options.wire ?? 'rfc18';
    this.state = new ClientState(
      {
        endpoints: ['a'],
        names: new Set(),
        wire: 'rfc18',
        maxInFlight: 1_000,
        maxSockets: 256,
        idleSocketMs: 10_000,
        maxQueued: 1_000,
        retryBudget: undefined,
        madeAt: this.clock.now(),
        connect: { reconnectMs: 100, reconnectMaxMs: 800 },
        random: () => 1,
        ...options,
      },
      this,
    );
  }

  open(link: Link): LinkHandle {
    if (this.openError !== undefined) throw this.openError;
    const handle = new FakeHandle(link, this.instant.has(link.endpoint.address), this.#sent);
    this.handles.push(handle);
    return handle;
  }

  openMx(link: MxLink): MxHandle {
    if (this.openError !== undefined) throw this.openError;
    const handle = new FakeMxHandle(link, this.instant.has(link.endpoint.address), this.#sent);
    this.mxHandles.push(handle);
    return handle;
  }

  saidNo({ address, reason }: Endpoint): void {
    this.refusals.push(`${address}: ${reason}`);
  }

  closed(): void {
    this.isClosed = true;
  }

  get now(): number {
    return this.clock.now();
  }

  /** Make a request. In the tests of the strict wire its frames are one, the service's name. */
  submit(service = 's', policy: Partial<RequestPolicy> = {}, key?: Frame, trace?: Frame): Call {
    const sink = new FakeSink();
    const name = bytes(service);
    const body = this.wire === 'rfc18' ? [] : [bytes('body')];
    const exchange = new Exchange({ service, name, head: [name] }, body, { ...POLICY, ...policy }, sink, key);
    exchange.trace = trace;
    const call = { exchange, sink };
    this.calls.push(call);
    this.state.submit(this.now, exchange);
    return call;
  }

  /** MX connections to an endpoint that are open. */
  liveMx(address?: string): FakeMxHandle[] {
    return this.mxHandles.filter(
      ({ closed, link }) => !closed && (address ?? link.endpoint.address) === link.endpoint.address,
    );
  }

  /** The MX connection to an endpoint. */
  mx(address = 'a'): FakeMxHandle {
    const [handle] = this.liveMx(address);
    if (handle === undefined) throw new Error(`no MX connection to ${address}`);
    return handle;
  }

  /** Let the broker say whether it speaks MX: a window, or anything else. */
  answer(window: number | undefined, address?: string): void {
    this.state.answer(this.now, this.mx(address).link, window);
  }

  /** Strict connections to an endpoint that are open. */
  live(address?: string): FakeHandle[] {
    return this.handles.filter(
      ({ closed, link }) => !closed && (address ?? link.endpoint.address) === link.endpoint.address,
    );
  }

  /** Let every connection that tries to connect succeed. */
  connect(address?: string): void {
    for (const { link } of this.liveMx(address)) if (link.phase === 'connecting') this.state.up(this.now, link);
    for (const { link } of this.live(address)) if (link.phase === 'connecting') this.state.up(this.now, link);
  }

  /** Let every connection that tries to connect fail: nobody is there, or nobody is let in. */
  refuse(address?: string, verdict: Refusal['verdict'] = 'unreachable', reason = 'refused'): void {
    for (const { link } of [...this.liveMx(address), ...this.live(address)]) {
      if (link.phase === 'connecting') this.state.refused(this.now, link, { verdict, reason });
    }
  }

  /** The connection that carries a request. */
  linkOf(call: Call): Link {
    const { link } = call.exchange;
    if (link === undefined) throw new Error('the request is on no connection');
    return link as Link;
  }

  handleOf(call: Call): FakeHandle {
    return this.linkOf(call).handle as FakeHandle;
  }

  partial(call: Call, ...body: string[]): void {
    this.#reply(call, 'partial', body.map(bytes));
  }

  final(call: Call, ...body: string[]): void {
    this.#reply(call, 'final', body.map(bytes));
  }

  errorReply(call: Call, status: number): void {
    this.#reply(call, 'final', encodeErrorReply(status, `status ${String(status)}`), status);
  }

  #reply(call: Call, type: 'partial' | 'final', body: Frame[], status?: number): void {
    const { link, service } = call.exchange;
    if (link instanceof MxLink) this.state.receiveMx(this.now, link, [{ type, id: call.exchange.id, body }]);
    else {
      const error = status === undefined ? undefined : { status, message: `status ${String(status)}` };
      this.state.receive(this.now, this.linkOf(call), { type, service, body }, error);
    }
  }

  /** Let time pass, waking the state whenever it asked to be woken. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let at = this.state.nextDeadline(); at <= end; at = this.state.nextDeadline()) {
      this.clock.advance(Math.max(0, at - this.now));
      this.state.tick(this.now);
    }
    this.clock.advance(end - this.now);
  }
}
