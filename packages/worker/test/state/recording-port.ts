// SPDX-License-Identifier: Apache-2.0
// recording-port - a connection's state with a clock advanced by hand and a port that writes down what it is told

import type { Frame } from '@mdp/protocol';
import { text } from '@mdp/protocol';
import { FakeClock } from '@mdp/testkit';
import { ConnectionState } from '../../src/state/connection-state.js';
import { Orphans } from '../../src/state/orphans.js';
import type { ConnectionPort, Done } from '../../src/state/port.js';
import type { ConnectionSettings } from '../../src/state/settings.js';
import { Task } from '../../src/state/task.js';
import type { DisconnectReason, WorkerCounters } from '../../src/stats.js';
import { zeroCounters } from '../../src/stats.js';

export const INTERVAL_MS = 100;
export const EXPIRY_MS = 400;

/** Everything that was said, one line each: `open`, `READY`, `FINAL t1 body`, `lost silent`. */
export class RecordingPort implements ConnectionPort<Task> {
  readonly lines: string[] = [];
  /** Whether sockets are to be had. */
  opens = true;
  /** What {@link start} answers: a handler begins at once, a loop takes its time. */
  begins = true;
  /** What {@link abort} answers. */
  runsOn = true;
  /** Whether a line about an abort names the request: there may be several. */
  several = false;
  /** Called within {@link start}, as a handler that replies at once would. */
  onStart: ((task: Task) => void) | undefined;

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
  ask(): void {
    this.lines.push('ask');
  }
  declined(answer: 'no' | 'silence'): void {
    this.lines.push(`declined: ${answer}`);
  }
  withdraw(): void {
    this.lines.push('READY 0');
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
  reply(type: 'partial' | 'final', task: Task, body: readonly Frame[], done: Done | undefined): void {
    this.lines.push([type.toUpperCase(), nameOf(task), ...body.map((frame) => text(frame))].join(' '));
    done?.(true);
  }
  start(task: Task): boolean {
    this.lines.push(`start ${nameOf(task)}`);
    this.onStart?.(task);
    return this.begins;
  }
  abort(task: Task, reason: DisconnectReason | 'cancelled'): boolean {
    this.lines.push(this.several ? `abort ${nameOf(task)} ${reason}` : `abort ${reason}`);
    return this.runsOn;
  }
  registered(): void {
    this.lines.push('registered');
  }
  lost(reason: DisconnectReason, detail?: string): void {
    this.lines.push(detail === undefined ? `lost ${reason}` : `lost ${reason}: ${detail}`);
  }
  reconnecting(attempt: number, delayMs: number): void {
    this.lines.push(`reconnecting ${String(attempt)} in ${String(delayMs)}`);
  }
}

/** A state, its port, its clock and its counters. */
export interface Bench {
  readonly state: ConnectionState<Task>;
  readonly orphans: Orphans;
  readonly port: RecordingPort;
  readonly clock: FakeClock;
  readonly counters: WorkerCounters;
  /** Let time pass and do what is due at its end. */
  readonly pass: (ms: number) => void;
  /** Let time pass in steps of one deadline at a time, as the loop does. */
  readonly run: (ms: number) => void;
  /** A REQUEST arrives, and nothing else. */
  readonly request: (token: string) => Task;
  readonly heartbeat: () => void;
}

/** A request of a strict wire: its token is an object of its own. */
export function requestOf(token: string): Task {
  return new Task(Buffer.from(token), Infinity);
}

/** What a request is called in the lines of a port. */
function nameOf({ wireId: id }: Task): string {
  return typeof id === 'number' ? `#${String(id)}` : String(text(id));
}

/** @param settings - what differs from an interval of 100 ms, an expiry of 400 ms, and jitter that takes nothing away */
export function bench(settings: Partial<ConnectionSettings> = {}): Bench {
  const port = new RecordingPort();
  const clock = new FakeClock();
  const counters = zeroCounters();
  const orphans = new Orphans(settings.capacity ?? 1);
  const state = new ConnectionState<Task>(
    {
      intervalMs: INTERVAL_MS,
      expiryMs: EXPIRY_MS,
      backoff: { baseMs: 10, maxMs: 80 },
      legacy: false,
      capacity: 1,
      confirmed: [],
      answerMs: undefined,
      doubtMs: 0,
      random: () => 1,
      ...settings,
    },
    port,
    counters,
    orphans,
  );
  return {
    state,
    orphans,
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
      const task = requestOf(token);
      state.receive(clock.now(), task);
      state.flush();
      return task;
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
