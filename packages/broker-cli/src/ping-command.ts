// SPDX-License-Identifier: Apache-2.0
// ping-command - asks a broker how it is: for people, and for health checks

import { Client } from '@mdp/client';
import type { BrokerInfo } from '@mdp/client';
import type { RemoteError } from '@mdp/protocol';
import { STATUS } from '@mdp/protocol';
import { formatElapsed } from './durations.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, errorCode } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import { readPing } from './peer-flags.js';
import { loadPeerKeys } from './peer-keys.js';
import { printable } from './printable.js';
import { explainFailure } from './request-failure.js';
import type { Environment } from './variables.js';

/**
 * What a broker answers that is there and does not tell how it is: 501 when it does not know how (RFC 8), 403 when its
 * endpoint does not serve that.
 */
const TELLS_NOTHING: readonly number[] = [501, STATUS.FORBIDDEN];

/**
 * Run `mdp-broker ping`: one line on stdout when the broker answers.
 *
 * @returns 0 when it does, 4 when it does not in time
 */
export async function runPing(flags: FlagValues, env: Environment): Promise<ExitCode> {
  const settings = readPing(flags, env);
  const { brokers, dialect, timeoutMs } = settings;
  const curve = loadPeerKeys(settings.keys);
  await using client = new Client(brokers, { dialect, timeoutMs, curve, retry: { attempts: 1 } });
  const start = performance.now();
  try {
    const info = await client.brokerInfo();
    say(brokers, describe(info), performance.now() - start);
    return EXIT_CODES.OK;
  } catch (error) {
    if (errorCode(error) === 'MDP_REMOTE' && TELLS_NOTHING.includes((error as RemoteError).status)) {
      say(brokers, 'a broker that tells nothing of itself', performance.now() - start);
      return EXIT_CODES.OK;
    }
    const { text, code } = explainFailure(error, { ...settings, service: 'mmi.broker' }, client.stats());
    process.stderr.write(`mdp-broker: ${text}\n`);
    return code;
  }
}

function describe(info: BrokerInfo): string {
  return `mdp-broker ${printable(info.version, 40)}, up for ${formatElapsed(info.uptimeMs)}`;
}

function say(brokers: readonly string[], text: string, ms: number): void {
  process.stdout.write(`${brokers.join(', ')}: ${text} (${formatElapsed(ms)})\n`);
}
