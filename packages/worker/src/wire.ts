// SPDX-License-Identifier: Apache-2.0
// wire - how a worker and its broker speak on one connection: strict RFC 18 (or a legacy dialect), or MX

import type { Frame, MxRecord, MxRequest } from '@mdp/protocol';
import { EMPTY_FRAME, TRACE_HEADER, isTraceFrame } from '@mdp/protocol';
import type { Handler, Job } from './request.js';
import type { Done } from './state/port.js';
import type { TaskId } from './state/task.js';

/** The wire of a connection that stands. `rfc18` is one command to a message, in whichever dialect. */
export type WireName = 'rfc18' | 'mx';

/** A service of a worker. */
export interface Service {
  readonly name: string;
  readonly frame: Frame;
  /** Executes its requests; without one they are pulled. */
  readonly handler: Handler | undefined;
}

/** A REQUEST on any wire. */
export interface RequestCommand extends Omit<MxRequest, 'id'> {
  readonly id: TaskId;
}

/** A REQUEST whose body has a trace in front, with the trace taken off: see the option `traceFrame`. */
export function takeTrace(command: RequestCommand): RequestCommand {
  const [first, ...body] = command.body;
  if (first === undefined || body.length === 0 || !isTraceFrame(first)) return command;
  const { attempts = 0, key = EMPTY_FRAME } = command.identity ?? {};
  return { ...command, body, identity: { attempts, key, trace: first.subarray(TRACE_HEADER.length) } };
}

/** What a broker may say in one message, on any wire. */
export type WireCommand = RequestCommand | Exclude<MxRecord, MxRequest>;

/** Reads a message: its commands, in order; `undefined` when it is none. Never throws. */
export type Decode = (frames: readonly Frame[]) => readonly WireCommand[] | undefined;

/** The sending side of a wire, on one socket. */
export interface Wire {
  /** READY for each service. @param credit - how many requests at once; a strict wire cannot say */
  ready(credit: number): void;
  heartbeat(): void;
  disconnect(): void;
  reply(type: 'partial' | 'final', job: Job, body: readonly Frame[], done: Done | undefined): void;
  /** Messages, or commands, that the socket has not taken yet. */
  readonly backlog: number;
  /** Let everything leave that was said: nothing more will be. */
  flush(): void;
  /** Let nothing more leave. @returns how many commands had not left yet */
  discard(): number;
}
