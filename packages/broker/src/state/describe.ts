// SPDX-License-Identifier: Apache-2.0
// describe - peers, for people

import type { Frame } from '@mdp/protocol';
import type { WorkerInfo } from '../events.js';
import type { Worker } from './worker.js';

function hex(frame: Frame): string {
  return Array.from(frame, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A peer: the frames of its envelope in hexadecimal. */
export function describePeer(envelope: readonly Frame[]): string {
  return envelope.map(hex).join('/');
}

/** A worker. */
export function describeWorker(worker: Worker): WorkerInfo {
  return { peer: describePeer(worker.envelope), service: worker.service.name, dialect: worker.dialect };
}
