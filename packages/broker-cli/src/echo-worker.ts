// SPDX-License-Identifier: Apache-2.0
// echo-worker - answers every request with its own body, for trying a broker out

import { setTimeout as pause } from 'node:timers/promises';
import type { Frame } from '@mdp/protocol';
import type { Handler } from '@mdp/worker';
import { Worker } from '@mdp/worker';
import type { ExitCode } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import type { EchoWorkerSettings } from './peer-flags.js';
import { readEchoWorker } from './peer-flags.js';
import { loadPeerKeys } from './peer-keys.js';
import { runWorker } from './run-worker.js';
import type { Environment } from './variables.js';

/**
 * Run `mdp-broker echo worker` until a signal stops it.
 *
 * @returns the exit code, once everything is closed
 */
export async function runEchoWorker(flags: FlagValues, env: Environment): Promise<ExitCode> {
  const settings = readEchoWorker(flags, env);
  const { brokers, service, dialect, heartbeatIntervalMs } = settings;
  const curve = loadPeerKeys(settings.keys);
  const worker = new Worker(brokers, service, echo(settings), {
    dialect,
    heartbeatIntervalMs,
    ...(curve === undefined ? {} : { curve }),
  });
  return runWorker(worker, 'echo worker', settings);
}

/** The same frames back; or, as garbage, the frames and the bytes of each in reverse order, as Majortomo's does. */
export function echo({ delayMs, garbage }: Pick<EchoWorkerSettings, 'delayMs' | 'garbage'>): Handler {
  return async (request, { signal }) => {
    if (delayMs > 0) await pause(delayMs, undefined, { signal });
    return garbage ? backwards(request.body) : [...request.body];
  };
}

function backwards(body: readonly Frame[]): Frame[] {
  return body.map((frame) => Uint8Array.from(frame).reverse()).reverse();
}
