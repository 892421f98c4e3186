// SPDX-License-Identifier: Apache-2.0
// index - the public interface of @mdp/broker

export type {
  Allow,
  BrokerOptions,
  EndpointOptions,
  ResolvedBrokerOptions,
  ResolvedEndpoint,
  ResolvedServiceOptions,
  Role,
  ServiceOptions,
} from './options.js';
export { BROKER_DEFAULTS } from './options.js';
export type {
  BrokerEvents,
  PeerDialect,
  RequestFailure,
  WorkerInfo,
  WorkerLossReason,
  WorkerRefusalReason,
} from './events.js';
export type { AllowCallback, ConnectingPeer, ConnectionRefusal, RefusalReason } from './security/gatekeeper.js';
export type {
  BrokerCounters,
  BrokerStats,
  DropCause,
  HandshakeFailure,
  ListeningStats,
  ServiceStats,
  WorkerStats,
} from './stats.js';
export type { BrokerRequestMessage } from './diagnostics.js';
export type { RequestEnd } from './state/port.js';
export type { StopOptions } from './broker.js';
export { Broker } from './broker.js';
export type { Dialect, ErrorCode, InvalidReason, LatencyHistogram, TraceContext } from '@mdp/protocol';
export type { CurveServerOptions } from '@mdp/protocol/node';
export { ArgumentError, BindError, LATENCY_BOUNDS_MS, MdpError, StateError } from '@mdp/protocol';
