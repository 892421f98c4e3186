// SPDX-License-Identifier: Apache-2.0
// services-command - lists the services of brokers, with their workers and what waits

import type { ServiceInfo } from '@mdp/client';
import { Client } from '@mdp/client';
import type { BrokerAccess } from './broker-flags.js';
import { BROKER_FLAGS, POSITIVE_DURATION, readAccess, readFlag } from './broker-flags.js';
import { formatDuration } from './durations.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES } from './exit-codes.js';
import type { FlagSpec, FlagValues } from './flags.js';
import { PEER_DEFAULTS } from './peer-flags.js';
import { loadPeerKeys } from './peer-keys.js';
import { printable, printableJson } from './printable.js';
import { explainNoServices } from './services-question.js';
import { textTable } from './text-table.js';
import type { Environment } from './variables.js';

/** `mdp-broker services` */
export const SERVICES_FLAGS: readonly FlagSpec[] = [
  ...BROKER_FLAGS,
  {
    name: 'timeout',
    letter: 't',
    help: 'How long to wait for each broker',
    defaultText: formatDuration(PEER_DEFAULTS.pingTimeoutMs),
  },
  { name: 'json', help: 'Write each service as one line of JSON', takesValue: false },
];

/** Whom to ask, and how to write it. */
export interface ServicesSettings extends BrokerAccess {
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed */
export function readServices(values: FlagValues, env: Environment): ServicesSettings {
  return {
    ...readAccess(values, env),
    timeoutMs: readFlag<number>(values, 'timeout', POSITIVE_DURATION, PEER_DEFAULTS.pingTimeoutMs),
    json: values.has('json'),
  };
}

/** A service at one of the brokers. */
interface Found extends ServiceInfo {
  readonly broker: string;
}

/**
 * Run `mdp-broker services`: every broker is asked, and the services go to stdout, by name.
 *
 * @returns 0 when all brokers have answered; else the code of the first that did not
 */
export async function runServices(flags: FlagValues, env: Environment): Promise<ExitCode> {
  const settings = readServices(flags, env);
  const answers = await Promise.all(settings.brokers.map((broker) => ask(broker, settings)));
  const found = answers.flatMap(({ services }) => services);
  found.sort((a, b) => compare(a.name, b.name) || compare(a.broker, b.broker));
  process.stdout.write(settings.json ? asJson(found) : asTable(found, settings.brokers.length > 1));
  return answers.find(({ code }) => code !== EXIT_CODES.OK)?.code ?? EXIT_CODES.OK;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function ask(broker: string, settings: ServicesSettings): Promise<{ services: Found[]; code: ExitCode }> {
  const { timeoutMs } = settings;
  await using client = new Client(broker, { timeoutMs, curve: loadPeerKeys(settings.keys), retry: { attempts: 1 } });
  try {
    const services = await client.services();
    return { services: services.map((service) => ({ broker, ...service })), code: EXIT_CODES.OK };
  } catch (error) {
    const { text, code } = explainNoServices(error, broker, settings, client.stats());
    process.stderr.write(`mdp-broker: ${printable(broker)}: ${text}\n`);
    return { services: [], code };
  }
}

function asJson(found: readonly Found[]): string {
  return found.map((service) => `${printableJson(JSON.stringify(service))}\n`).join('');
}

function asTable(found: readonly Found[], several: boolean): string {
  const header = ['SERVICE', 'WORKERS', 'WAITING', 'BUSY', 'QUEUED', ...(several ? ['BROKER'] : [])];
  const rows = found.map(({ name, workers, waiting, busy, queued, broker }) => [
    printable(name, 255),
    ...[workers, waiting, busy, queued].map((count) => count.toLocaleString('en-US')),
    ...(several ? [printable(broker)] : []),
  ]);
  return textTable(header, rows, new Set([1, 2, 3, 4]));
}
