// SPDX-License-Identifier: Apache-2.0
// echo-client - sends requests to an echo service and checks that they come back as they were

import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '@mdp/client';
import type { Frame } from '@mdp/protocol';
import { bytes, sameFrame } from '@mdp/protocol';
import { formatElapsed } from './durations.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import type { EchoClientSettings } from './peer-flags.js';
import { readEchoClient } from './peer-flags.js';
import { loadPeerKeys } from './peer-keys.js';
import { showFrame } from './printable.js';
import { explainFailure } from './request-failure.js';
import { useColour } from './terminal.js';
import type { Environment } from './variables.js';

const GREEN = '\u001b[32m';
const RED = '\u001b[31m';
const RESET = '\u001b[0m';

/**
 * Run `mdp-broker echo client`: the replies go to stdout, one a line, everything else to stderr.
 *
 * @returns 0 when every reply was right; else the code of the first failure
 */
export async function runEchoClient(flags: FlagValues, env: Environment): Promise<ExitCode> {
  const settings = readEchoClient(flags, env);
  await using client = new Client(settings.brokers, {
    dialect: settings.dialect,
    curve: loadPeerKeys(settings.keys),
    timeoutMs: settings.timeoutMs,
    retry: { attempts: 1 },
  });
  const body = [bytes(settings.message)];
  const times: number[] = [];
  let wrong = 0;
  for (let sent = 0; sent < settings.repeat; sent++) {
    if (sent > 0) await pause(settings.delayMs);
    const start = performance.now();
    let reply: Frame[];
    try {
      reply = await client.request(settings.service, body);
    } catch (error) {
      const { text, code } = explainFailure(error, settings, client.stats());
      process.stderr.write(`mdp-broker: ${text}\n`);
      return code;
    }
    times.push(performance.now() - start);
    const right = sameBody(reply, body);
    if (!right) wrong += 1;
    print(reply, right, times.at(-1) ?? 0);
  }
  if (settings.repeat > 1) process.stderr.write(`${summarize(settings, wrong, times)}\n`);
  return wrong === 0 ? EXIT_CODES.OK : EXIT_CODES.WRONG_REPLY;
}

function sameBody(reply: readonly Frame[], body: readonly Frame[]): boolean {
  return reply.length === body.length && reply.every((frame, i) => sameFrame(frame, body[i] ?? bytes('')));
}

function print(reply: readonly Frame[], right: boolean, ms: number): void {
  const line = `Got ${right ? 'reply' : 'wrong reply'}: ${reply.map(showFrame).join(' ')} (${formatElapsed(ms)})`;
  const colour = right ? GREEN : RED;
  process.stdout.write(useColour(process.stdout) ? `${colour}${line}${RESET}\n` : `${line}\n`);
}

function summarize(settings: EchoClientSettings, wrong: number, times: number[]): string {
  const right = `${String(settings.repeat - wrong)} of ${String(settings.repeat)} replies were right`;
  const median = times.sort((a, b) => a - b)[(times.length - 1) >> 1] ?? 0;
  return `${right}; half of them took ${formatElapsed(median)} or less`;
}
