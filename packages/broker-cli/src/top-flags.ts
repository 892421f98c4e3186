// SPDX-License-Identifier: Apache-2.0
// top-flags - the flags of top, and what they say

import type { Dialect } from '@mdp/protocol';
import type { BrokerAccess } from './broker-flags.js';
import { BROKER_FLAGS, DIALECT_FLAG, POSITIVE_DURATION, readAccess, readDialect, readFlag } from './broker-flags.js';
import { formatDuration } from './durations.js';
import type { FlagSpec, FlagValues } from './flags.js';
import { PEER_DEFAULTS } from './peer-flags.js';
import { DEFAULT_SORT, SORT_COLUMNS } from './top-columns.js';
import type { ValueRule } from './value-kinds.js';
import type { Environment } from './variables.js';

const DEFAULT_INTERVAL_MS = 1000;

const SORTS = SORT_COLUMNS.map(({ title }) => title.toLowerCase());
const SORT: ValueRule = { kind: 'choice', choices: SORTS };

/** `mdp-broker top` */
export const TOP_FLAGS: readonly FlagSpec[] = [
  ...BROKER_FLAGS,
  DIALECT_FLAG,
  {
    name: 'interval',
    letter: 'i',
    help: 'How often to ask',
    defaultText: formatDuration(DEFAULT_INTERVAL_MS),
  },
  { name: 'count', letter: 'n', help: 'How often to show figures before it ends', defaultText: 'until it is ended' },
  {
    name: 'timeout',
    letter: 't',
    help: 'How long to wait for each broker',
    defaultText: formatDuration(PEER_DEFAULTS.pingTimeoutMs),
  },
  {
    name: 'sort',
    help: `What to sort by: ${SORTS.join(', ')}`,
    choices: SORTS,
    defaultText: DEFAULT_SORT,
  },
  { name: 'plain', help: 'Write lines, also to a terminal', takesValue: false },
  { name: 'json', help: 'Write one line of JSON each time', takesValue: false },
];

/** Whom to ask, how often, and how to show it. */
export interface TopSettings extends BrokerAccess {
  readonly dialect: Dialect;
  readonly intervalMs: number;
  /** `Infinity` until it is ended. */
  readonly count: number;
  readonly timeoutMs: number;
  /** The title of a column in small letters. */
  readonly sort: string;
  readonly plain: boolean;
  readonly json: boolean;
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed */
export function readTop(values: FlagValues, env: Environment): TopSettings {
  return {
    ...readAccess(values, env),
    dialect: readDialect(values),
    intervalMs: readFlag<number>(
      values,
      'interval',
      { kind: 'duration', min: 100, max: 3_600_000 },
      DEFAULT_INTERVAL_MS,
    ),
    count: readFlag<number>(values, 'count', { kind: 'count', min: 1, max: 1_000_000_000 }, Infinity),
    timeoutMs: readFlag<number>(values, 'timeout', POSITIVE_DURATION, PEER_DEFAULTS.pingTimeoutMs),
    sort: readFlag<string>(values, 'sort', SORT, DEFAULT_SORT),
    plain: values.has('plain'),
    json: values.has('json'),
  };
}
