// SPDX-License-Identifier: Apache-2.0
// harness - a client state on a clock advanced by hand, over connections that only record

import type { Frame, RequestError } from '@mdp/protocol';
import { bytes, text } from '@mdp/protocol';
import { FakeClock } from '@mdp/testkit';
import type { ClientPort, StateOptions } from '../../src/state/client-state.js';
import { ClientState } from '../../src/state/client-state.js';
import type { ReplySink, RequestPolicy } from '../../src/state/exchange.js';
import { Exchange } from '../../src/state/exchange.js';
import type { Link, LinkHandle } from '../../src/state/link.js';

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
  ) {}

  send(frames: readonly Frame[]): void {
    this.sent.push(frames);
  }

  receive(): void {
    this.asked += 1;
  }

  close(): void {
    this.closed = true;
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

/** A request and who reads its reply. */
export interface Call {
  readonly exchange: Exchange;
  readonly sink: FakeSink;
}

export class Harness implements ClientPort {
  readonly clock = new FakeClock();
  readonly state: ClientState;
  /** Every connection that was opened, in order. */
  readonly handles: FakeHandle[] = [];
  isClosed = false;
  /** What the next opening throws. */
  openError: Error | undefined;
  /** Endpoints that need no handshake. */
  readonly instant = new Set<string>();

  constructor(options: Partial<StateOptions> = {}) {
    this.state = new ClientState(
      { endpoints: ['a'], maxSockets: 256, idleSocketMs: 10_000, maxQueued: 1_000, random: () => 1, ...options },
      this,
    );
  }

  open(link: Link): LinkHandle {
    if (this.openError !== undefined) throw this.openError;
    const handle = new FakeHandle(link, this.instant.has(link.endpoint.address));
    this.handles.push(handle);
    return handle;
  }

  closed(): void {
    this.isClosed = true;
  }

  get now(): number {
    return this.clock.now();
  }

  /** Make a request of one frame: the service's name. */
  submit(service = 's', policy: Partial<RequestPolicy> = {}): Call {
    const sink = new FakeSink();
    const exchange = new Exchange(service, [bytes(service)], { ...POLICY, ...policy }, sink);
    this.state.submit(this.now, exchange);
    return { exchange, sink };
  }

  /** Connections to an endpoint that are open. */
  live(address?: string): FakeHandle[] {
    return this.handles.filter(
      ({ closed, link }) => !closed && (address ?? link.endpoint.address) === link.endpoint.address,
    );
  }

  /** Let every connection that tries to connect succeed. */
  connect(address?: string): void {
    for (const { link } of this.live(address)) if (link.phase === 'connecting') this.state.up(this.now, link);
  }

  /** Let every connection that tries to connect be refused. */
  refuse(address?: string): void {
    for (const { link } of this.live(address))
      if (link.phase === 'connecting') this.state.refused(this.now, link, 'refused');
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
    this.state.receive(this.now, this.linkOf(call), {
      type: 'partial',
      service: call.exchange.service,
      body: body.map(bytes),
    });
  }

  final(call: Call, ...body: string[]): void {
    this.state.receive(this.now, this.linkOf(call), {
      type: 'final',
      service: call.exchange.service,
      body: body.map(bytes),
    });
  }

  errorReply(call: Call, status: number): void {
    this.state.receive(
      this.now,
      this.linkOf(call),
      { type: 'final', service: call.exchange.service, body: [] },
      { status, message: `status ${String(status)}` },
    );
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
