// SPDX-License-Identifier: Apache-2.0
// counters - all counters at zero

import type { InvalidReason, MxInvalidReason } from '@mdp/protocol';
import { INVALID_REASONS, MX_INVALID_REASONS, STATUS } from '@mdp/protocol';
import type { WorkerLossReason } from '../events.js';
import type { RefusalReason } from '../security/gatekeeper.js';
import type { BrokerCounters, DropCause, HandshakeFailure } from '../stats.js';

const DROP_CAUSES: readonly DropCause[] = [
  'invalid',
  'banned',
  'role',
  'forbidden',
  'unexpected',
  'afterDisconnect',
  'foreignToken',
  'lateToken',
  'forgedToken',
  'clientGone',
  'cancelled',
  'brokenStream',
  'slowReader',
  'unreachable',
  'tooManyWorkers',
  'draining',
  'tooManyConnections',
];

const LOSS_REASONS: readonly WorkerLossReason[] = [
  'disconnect',
  'expired',
  'unreachable',
  'unexpected',
  'invalid',
  'slow',
  'stopped',
];

const REFUSAL_REASONS: readonly RefusalReason[] = ['unknownKey', 'expiredKey', 'denied', 'failed', 'busy', 'malformed'];

function zeros<K extends string | number>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

/** Every counter that there is, at zero: also what never happened can be seen. */
export function newCounters(): BrokerCounters {
  return {
    received: 0,
    sent: 0,
    requests: 0,
    dispatched: 0,
    partials: 0,
    finals: 0,
    mmi: 0,
    recovered: 0,
    abandoned: 0,
    cancelled: 0,
    failed: zeros(Object.values(STATUS)),
    errorsWithheld: 0,
    workersReady: 0,
    workersLost: zeros<WorkerLossReason>(LOSS_REASONS),
    heartbeatsSent: 0,
    disconnectsSent: 0,
    dropped: zeros<DropCause>(DROP_CAUSES),
    invalid: zeros<InvalidReason | MxInvalidReason>([...INVALID_REASONS, ...MX_INVALID_REASONS]),
    keysAccepted: 0,
    keysRefused: zeros<RefusalReason>(REFUSAL_REASONS),
    handshakesFailed: zeros<HandshakeFailure>(['auth', 'protocol', 'other']),
    acceptsFailed: 0,
    stalledMs: 0,
  };
}
