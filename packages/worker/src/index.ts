// SPDX-License-Identifier: Apache-2.0
// index - the public interface of @mdp/worker

export type { StopOptions } from './worker.js';
export { Worker } from './worker.js';
export type { Handlers } from './services.js';
export type { TypedHandler, TypedHandlers, TypedResult } from './handlers.js';
export { handlers } from './handlers.js';
export type { TypedRequest, TypedRequestOf } from './typed-requests.js';
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
export type {
  AnyServices,
  Codec,
  CodecContext,
  Contract,
  Dialect,
  ErrorCode,
  Frame,
  FrameLike,
  JsonCodec,
  PartialOf,
  PayloadIssue,
  PayloadKind,
  SchemaInput,
  SchemaOf,
  SchemaOutput,
  ServiceSchemas,
  ServiceTypes,
  ServicesOf,
  StandardSchemaIssue,
  StandardSchemaProps,
  StandardSchemaResult,
  StandardSchemaV1,
  TraceContext,
  WorkerServices,
} from '@mdp/protocol';
export type { CurveOptions } from '@mdp/protocol/node';
export {
  AbortedError,
  ArgumentError,
  BROKER_STATUSES,
  ClosedError,
  DisconnectedError,
  MdpError,
  PayloadError,
  RemoteError,
  STATUS,
  StateError,
  TimeoutError,
  bytes,
  json,
  text,
} from '@mdp/protocol';
