// SPDX-License-Identifier: Apache-2.0
// index - the public interface of @mdp/worker

export type { StopOptions } from './worker.js';
export { Worker } from './worker.js';
export type { Body, Handler, HandlerContext, HandlerResult, Reply, ReplyStream, WorkerRequest } from './request.js';
export type { PulledRequest } from './pulled-request.js';
export type { Disconnection, Reconnection, WorkerEvents } from './events.js';
export type { ErrorReplies, ResolvedWorkerOptions, WorkerOptions } from './options.js';
export { WORKER_DEFAULTS, resolveWorkerOptions } from './options.js';
export type { DisconnectReason, DroppedCounters, WorkerCounters, WorkerPhase, WorkerStats } from './stats.js';
export { DISCONNECT_REASONS } from './stats.js';
export type { Dialect, ErrorCode, Frame, FrameLike } from '@mdp/protocol';
export {
  ArgumentError,
  BROKER_STATUSES,
  ClosedError,
  DisconnectedError,
  MdpError,
  RemoteError,
  STATUS,
  StateError,
  bytes,
  text,
} from '@mdp/protocol';
