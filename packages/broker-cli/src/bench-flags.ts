// SPDX-License-Identifier: Apache-2.0
// bench-flags - the flags of bench, and what they say

import type { WireOption } from '@mdp/client';
import type { Dialect } from '@mdp/protocol';
import type { BrokerAccess } from './broker-flags.js';
import {
  ANY_DURATION,
  BROKER_FLAGS,
  DIALECT_FLAG,
  POSITIVE_DURATION,
  WIRE_FLAG,
  readAccess,
  readDialect,
  readFlag,
  readWire,
} from './broker-flags.js';
import { formatDuration } from './durations.js';
import { UsageError } from './exit-codes.js';
import type { FlagSpec, FlagValues } from './flags.js';
import { PEER_DEFAULTS } from './peer-flags.js';
import { checkServiceName } from './service-values.js';
import { formatSize } from './sizes.js';
import type { ValueRule } from './value-kinds.js';
import type { Environment } from './variables.js';

const DEFAULTS = {
  durationMs: 10_000,
  warmUpMs: 1_000,
  concurrency: 64,
  clients: 1,
  size: 32,
  frames: 1,
  timeoutMs: PEER_DEFAULTS.timeoutMs,
} as const;

/** The most bytes of a request that is made up. */
const MOST_BYTES = 256 * 2 ** 20;

/** `mdp-broker bench` */
export const BENCH_FLAGS: readonly FlagSpec[] = [
  ...BROKER_FLAGS,
  DIALECT_FLAG,
  WIRE_FLAG,
  {
    name: 'duration',
    letter: 'd',
    help: 'For how long to make requests',
    defaultText: `${formatDuration(DEFAULTS.durationMs)}, or until --requests are made`,
  },
  { name: 'requests', letter: 'n', help: 'How many requests to make', defaultText: 'any number' },
  {
    name: 'concurrency',
    letter: 'j',
    help: 'How many requests may be under way at once',
    defaultText: String(DEFAULTS.concurrency),
  },
  {
    name: 'rate',
    letter: 'r',
    help: 'How many requests are due each second; how long one takes counts from then',
    defaultText: 'each begins when another has ended',
  },
  { name: 'clients', help: 'How many clients share the requests', defaultText: String(DEFAULTS.clients) },
  { name: 'size', letter: 's', help: 'The size of each frame', defaultText: formatSize(DEFAULTS.size) },
  { name: 'frames', help: 'How many frames a request has', defaultText: String(DEFAULTS.frames) },
  {
    name: 'warm-up',
    help: 'For how long to make requests before any is counted',
    defaultText: formatDuration(DEFAULTS.warmUpMs),
  },
  {
    name: 'timeout',
    letter: 't',
    help: 'How long to wait for each reply',
    defaultText: formatDuration(DEFAULTS.timeoutMs),
  },
  { name: 'stream', help: 'Read replies part by part, and tell when the first part came', takesValue: false },
  { name: 'with-worker', help: 'Run an echo worker for SERVICE, too, in this process', takesValue: false },
  { name: 'json', help: 'Write the result as one line of JSON', takesValue: false },
];

/** What to ask, and how much. */
export interface BenchSettings extends BrokerAccess {
  readonly service: string;
  /** The frames of a request as they were written; none when they are made up. */
  readonly words: readonly string[];
  /** Frames that are made up: how many, and how large each is. */
  readonly frames: number;
  readonly size: number;
  readonly dialect: Dialect;
  readonly wire: WireOption;
  /** `Infinity` when only the number of requests ends it. */
  readonly durationMs: number;
  /** `Infinity` when only the time ends it. */
  readonly requests: number;
  readonly concurrency: number;
  readonly rate: number | undefined;
  readonly clients: number;
  readonly warmUpMs: number;
  readonly timeoutMs: number;
  readonly stream: boolean;
  readonly withWorker: boolean;
  readonly json: boolean;
}

function count(min: number, max: number): ValueRule {
  return { kind: 'count', min, max };
}

/**
 * Read the command line of `mdp-broker bench`.
 *
 * @param words - SERVICE and FRAMEs
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError}
 */
export function readBench(values: FlagValues, env: Environment, words: readonly string[]): BenchSettings {
  const [service = PEER_DEFAULTS.service, ...frames] = words;
  checkServiceName('SERVICE', service);
  const requests = readFlag<number>(values, 'requests', count(1, 1_000_000_000), Infinity);
  const durationMs = readFlag<number>(
    values,
    'duration',
    POSITIVE_DURATION,
    requests === Infinity ? DEFAULTS.durationMs : Infinity,
  );
  const rate = values.has('rate') ? readFlag<number>(values, 'rate', count(1, 1_000_000), 1) : undefined;
  const concurrency = readFlag<number>(values, 'concurrency', count(1, 10_000), DEFAULTS.concurrency);
  const settings: BenchSettings = {
    ...readAccess(values, env),
    service,
    words: frames,
    frames: readFlag<number>(values, 'frames', count(1, 1_000), DEFAULTS.frames),
    size: readFlag<number>(values, 'size', { kind: 'size', min: 0, max: MOST_BYTES }, DEFAULTS.size),
    dialect: readDialect(values),
    wire: readWire(values),
    durationMs,
    requests,
    concurrency,
    rate,
    clients: readFlag<number>(values, 'clients', count(1, 100), DEFAULTS.clients),
    warmUpMs: readFlag<number>(values, 'warm-up', ANY_DURATION, DEFAULTS.warmUpMs),
    timeoutMs: readFlag<number>(values, 'timeout', POSITIVE_DURATION, DEFAULTS.timeoutMs),
    stream: values.has('stream'),
    withWorker: values.has('with-worker'),
    json: values.has('json'),
  };
  refuseContradictions(settings, values);
  return settings;
}

function refuseContradictions(settings: BenchSettings, values: FlagValues): void {
  const { size, frames, words, clients, concurrency } = settings;
  if (words.length > 0 && (values.has('size') || values.has('frames'))) {
    throw new UsageError('--size, --frames: allowed only without FRAMEs on the command line');
  }
  if (size * frames > MOST_BYTES) {
    throw new UsageError(`--size, --frames: allowed are ${formatSize(MOST_BYTES)} in all`);
  }
  if (clients > concurrency) {
    throw new UsageError(`--clients: allowed are no more than --concurrency, ${String(concurrency)}`);
  }
}
