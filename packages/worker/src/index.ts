// SPDX-License-Identifier: Apache-2.0
// index - the public interface of @mdp/worker

export type { StopOptions } from './worker.js';
export { Worker } from './worker.js';
export type { Handlers } from './services.js';
export type { WireName } from './wire.js';
export type { Body, Handler, HandlerContext, HandlerResult, Reply, ReplyStream, WorkerRequest } from './request.js';
export type { PulledRequest } from './pulled-request.js';
export type { WorkerRequestMessage } from './diagnostics.js';
export type { Disconnection, Reconnection, Registration, WorkerEvents } from './events.js';
export type { DeduplicateOptions, ErrorReplies, ResolvedWorkerOptions, WireOption, WorkerOptions } from './options.js';
export { WORKER_DEFAULTS, resolveWorkerOptions } from './options.js';
export type {
  DisconnectReason,
  DroppedCounters,
  DuplicateCounters,
  EndpointStats,
  RememberedStats,
  WorkerCounters,
  WorkerPhase,
  WorkerStats,
} from './stats.js';
export { DISCONNECT_REASONS } from './stats.js';
export type { Dialect, ErrorCode, Frame, FrameLike, TraceContext } from '@mdp/protocol';
export type { CurveOptions } from '@mdp/protocol/node';
export {
  AbortedError,
  ArgumentError,
  BROKER_STATUSES,
  ClosedError,
  DisconnectedError,
  MdpError,
  RemoteError,
  STATUS,
  StateError,
  TimeoutError,
  bytes,
  text,
} from '@mdp/protocol';
