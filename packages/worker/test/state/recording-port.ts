// SPDX-License-Identifier: Apache-2.0
// recording-port - a connection's state with a clock advanced by hand and a port that writes down what it is told

import type { Frame, WorkerRequest } from '@mdp/protocol';
import { text } from '@mdp/protocol';
import { FakeClock } from '@mdp/testkit';
import type { ConnectionSettings } from '../../src/state/connection-state.js';
import { ConnectionState } from '../../src/state/connection-state.js';
import type { ConnectionPort, Done } from '../../src/state/port.js';
import type { DisconnectReason, WorkerCounters } from '../../src/stats.js';
import { zeroCounters } from '../../src/stats.js';

export const INTERVAL_MS = 100;
export const EXPIRY_MS = 400;

/** Everything that was said, one line each: `open`, `READY`, `FINAL t1 body`, `lost silent`. */
export class RecordingPort implements ConnectionPort {
  readonly lines: string[] = [];
  /** Whether sockets are to be had. */
  opens = true;
  /** What {@link start} answers: a handler begins at once, a loop takes its time. */
  begins = true;
  /** What {@link abort} answers. */
  runsOn = true;
  /** Called within {@link start}, as a handler that replies at once would. */
  onStart: ((request: WorkerRequest) => void) | undefined;

  /** Take what was said since the last time. */
  take(): string[] {
    return this.lines.splice(0);
  }

  open(): boolean {
    this.lines.push(this.opens ? 'open' : 'open fails');
    return this.opens;
  }
  close(flush: boolean): void {
    this.lines.push(flush ? 'close, flushed' : 'close');
  }
  ready(): void {
    this.lines.push('READY');
  }
  heartbeat(): void {
    this.lines.push('HEARTBEAT');
  }
  disconnect(): void {
    this.lines.push('DISCONNECT');
  }
  reply(type: 'partial' | 'final', token: Frame, body: readonly Frame[], done: Done | undefined): void {
    this.lines.push([type.toUpperCase(), text(token), ...body.map((frame) => text(frame))].join(' '));
    done?.(true);
  }
  start(request: WorkerRequest): boolean {
    this.lines.push(`start ${String(text(request.token))}`);
    this.onStart?.(request);
    return this.begins;
  }
  abort(reason: DisconnectReason): boolean {
    this.lines.push(`abort ${reason}`);
    return this.runsOn;
  }
  registered(): void {
    this.lines.push('registered');
  }
  lost(reason: DisconnectReason): void {
    this.lines.push(`lost ${reason}`);
  }
  reconnecting(attempt: number, delayMs: number): void {
    this.lines.push(`reconnecting ${String(attempt)} in ${String(delayMs)}`);
  }
}

/** A state, its port, its clock and its counters. */
export interface Bench {
  readonly state: ConnectionState;
  readonly port: RecordingPort;
  readonly clock: FakeClock;
  readonly counters: WorkerCounters;
  /** Let time pass and do what is due at its end. */
  readonly pass: (ms: number) => void;
  /** Let time pass in steps of one deadline at a time, as the loop does. */
  readonly run: (ms: number) => void;
  /** A REQUEST arrives, and nothing else. */
  readonly request: (token: string) => WorkerRequest;
  readonly heartbeat: () => void;
}

/** A request as the decoder gives it: its token is an object of its own. */
export function requestOf(token: string): WorkerRequest {
  return { type: 'request', token: Buffer.from(token), body: [Buffer.from('body')] };
}

/** @param settings - what differs from an interval of 100 ms, an expiry of 400 ms, and jitter that takes nothing away */
export function bench(settings: Partial<ConnectionSettings> = {}): Bench {
  const port = new RecordingPort();
  const clock = new FakeClock();
  const counters = zeroCounters();
  const state = new ConnectionState(
    {
      intervalMs: INTERVAL_MS,
      expiryMs: EXPIRY_MS,
      backoff: { baseMs: 10, maxMs: 80 },
      legacy: false,
      random: () => 1,
      ...settings,
    },
    port,
    counters,
  );
  return {
    state,
    port,
    clock,
    counters,
    pass(ms) {
      state.tick(clock.advance(ms));
    },
    run(ms) {
      const end = clock.now() + ms;
      for (let at = state.nextDeadline(); at <= end; at = state.nextDeadline()) {
        clock.advance(Math.max(0, at - clock.now()));
        state.tick(clock.now());
      }
      clock.advance(end - clock.now());
    },
    request(token) {
      const request = requestOf(token);
      state.receive(clock.now(), request);
      state.flush();
      return request;
    },
    heartbeat() {
      state.receive(clock.now(), { type: 'heartbeat' });
      state.flush();
    },
  };
}

/** A bench whose connection stands and is idle. */
export function idleBench(settings: Partial<ConnectionSettings> = {}): Bench {
  const made = bench(settings);
  made.state.start(made.clock.now());
  made.state.connected(made.clock.now());
  made.port.take();
  return made;
}
