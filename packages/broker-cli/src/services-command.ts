// SPDX-License-Identifier: Apache-2.0
// services-command - lists the services of brokers, with what there is to tell of each

import type { ServiceInfo } from '@mdp/client';
import { Client } from '@mdp/client';
import type { Dialect } from '@mdp/protocol';
import type { BrokerAccess } from './broker-flags.js';
import { BROKER_FLAGS, DIALECT_FLAG, POSITIVE_DURATION, readAccess, readDialect, readFlag } from './broker-flags.js';
import { formatDuration } from './durations.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES } from './exit-codes.js';
import type { FlagSpec, FlagValues } from './flags.js';
import { PEER_DEFAULTS } from './peer-flags.js';
import { loadPeerKeys } from './peer-keys.js';
import { printable, printableJson } from './printable.js';
import { explainNoServices } from './services-question.js';
import type { FoundService } from './services-table.js';
import { servicesTable } from './services-table.js';
import { readFigures } from './top-figures.js';
import type { Environment } from './variables.js';

/** `mdp-broker services` */
export const SERVICES_FLAGS: readonly FlagSpec[] = [
  ...BROKER_FLAGS,
  DIALECT_FLAG,
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
  readonly dialect: Dialect;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed */
export function readServices(values: FlagValues, env: Environment): ServicesSettings {
  return {
    ...readAccess(values, env),
    dialect: readDialect(values),
    timeoutMs: readFlag<number>(values, 'timeout', POSITIVE_DURATION, PEER_DEFAULTS.pingTimeoutMs),
    json: values.has('json'),
  };
}

/** What one of the brokers said. */
interface Answer {
  readonly broker: string;
  /** None when it did not answer. */
  readonly services: readonly ServiceInfo[];
  readonly code: ExitCode;
}

/**
 * Run `mdp-broker services`: every broker is asked, and the services go to stdout, by name.
 *
 * @returns 0 when all brokers have answered; else the code of the first that did not
 */
export async function runServices(flags: FlagValues, env: Environment): Promise<ExitCode> {
  const settings = readServices(flags, env);
  const answers = await Promise.all(settings.brokers.map((broker) => ask(broker, settings)));
  // When nobody has answered there is not even an empty table.
  const answered = answers.some(({ code }) => code === EXIT_CODES.OK);
  if (answered) process.stdout.write(settings.json ? asJson(answers) : asTable(answers));
  return answers.find(({ code }) => code !== EXIT_CODES.OK)?.code ?? EXIT_CODES.OK;
}

async function ask(broker: string, settings: ServicesSettings): Promise<Answer> {
  const { dialect, timeoutMs } = settings;
  const curve = loadPeerKeys(settings.keys);
  await using client = new Client(broker, { dialect, timeoutMs, curve, retry: { attempts: 1 } });
  try {
    return { broker, services: await client.services(), code: EXIT_CODES.OK };
  } catch (error) {
    const { text, code } = explainNoServices(error, broker, settings, client.stats());
    process.stderr.write(`mdp-broker: ${printable(broker)}: ${text}\n`);
    return { broker, services: [], code };
  }
}

function asJson(answers: readonly Answer[]): string {
  const found = answers.flatMap(({ broker, services }) => services.map((service) => ({ broker, ...service })));
  found.sort((a, b) => compare(a.name, b.name) || compare(a.broker, b.broker));
  return found.map((service) => `${printableJson(JSON.stringify(service))}\n`).join('');
}

function asTable(answers: readonly Answer[]): string {
  const found: FoundService[] = answers.flatMap(({ broker, services }) =>
    Array.from(readFigures(services).values(), (figures) => ({ broker, figures })),
  );
  found.sort((a, b) => compare(a.figures.name, b.figures.name) || compare(a.broker, b.broker));
  return servicesTable(found, answers.length > 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
