// SPDX-License-Identifier: Apache-2.0
// index - the public interface of @mdp/client

export { Client } from './client.js';
export type { ClientLike, CloseOptions } from './client-like.js';
export type {
  ClientOptions,
  ConnectionRefusal,
  RequestOptions,
  RetryBudgetOptions,
  RetryOptions,
  WireOption,
} from './options.js';
export type { ClientRequestMessage } from './diagnostics.js';
export type { ReceivePartOptions, Reply, ReplyError } from './reply.js';
export type { TypedArguments, TypedClient } from './typed-client.js';
export type { PartOf, TypedReply, TypedReplyError } from './typed-reply.js';
export type { ClientCounters, ClientStats, EndpointStats } from './stats.js';
export type { RequestCounters } from './state/counters.js';
export type { EndpointState } from './state/endpoint.js';
export type { PoolCounters } from './state/links.js';
export type { BrokerInfo, ServiceInfo } from './management.js';
export type {
  AnyServices,
  ClientServices,
  Codec,
  CodecContext,
  Contract,
  Dialect,
  ErrorCode,
  Frame,
  FrameLike,
  JsonCodec,
  LatencyHistogram,
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
} from '@mdp/protocol';
export type { CurveOptions } from '@mdp/protocol/node';
export {
  AbortedError,
  ArgumentError,
  ClosedError,
  DisconnectedError,
  LATENCY_BOUNDS_MS,
  MdpError,
  OverloadedError,
  PayloadError,
  ProtocolError,
  RefusedError,
  RemoteError,
  RequestError,
  STATUS,
  StateError,
  TimeoutError,
  bytes,
  json,
  text,
} from '@mdp/protocol';
