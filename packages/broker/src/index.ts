// SPDX-License-Identifier: Apache-2.0
// index - the public interface of @mdp/broker

export type {
  BrokerOptions,
  EndpointOptions,
  ResolvedBrokerOptions,
  ResolvedServiceOptions,
  Role,
  ServiceOptions,
} from './options.js';
export { BROKER_DEFAULTS } from './options.js';
export type { BrokerEvents, PeerDialect, RequestFailure, WorkerInfo, WorkerLossReason } from './events.js';
export type { BrokerCounters, BrokerStats, DropCause, ServiceStats } from './stats.js';
export type { StopOptions } from './broker.js';
export { Broker } from './broker.js';
export type { Dialect, ErrorCode, InvalidReason } from '@mdp/protocol';
export { ArgumentError, BindError, MdpError, StateError } from '@mdp/protocol';
