// SPDX-License-Identifier: Apache-2.0
// arguments - what `npm run bench --` can be told

import { parseArgs } from 'node:util';

/** The groups of measurements, in the order in which they run. */
export const SUITES = [
  'broker',
  'scale',
  'curves',
  'e2e',
  'alternatives',
  'encryption',
  'footprint',
  'codec',
  'overload',
  'soak',
] as const;

/** One group of measurements. */
export type SuiteName = (typeof SUITES)[number];

/** What runs only when it is asked for: it takes its time. */
const ON_REQUEST: readonly SuiteName[] = ['overload', 'soak'];

/** How long the overload lasts. */
const OVERLOAD_SECONDS = { usual: 60, least: 1, most: 3_600 };

/** The shortest soak is long enough for a look at memory in each of its parts. */
const SOAK_SECONDS = { usual: 600, least: 5 };

/** How the harness runs. */
export interface BenchArguments {
  /** Which groups, in the order of {@link SUITES}. */
  readonly suites: readonly SuiteName[];
  /** How many interleaved rounds, 1 to 100. Default 5; 2 with `--quick`. */
  readonly rounds: number;
  /** How long each measurement lasts after its warm-up, in seconds, 0.1 to 60. Default 2; 1 with `--quick`. */
  readonly seconds: number;
  /** How long a soak lasts, in seconds, 5 to 86,400: what `--seconds` says when nothing but the soak runs. Default 600. */
  readonly soakSeconds: number;
  /** How long an overload lasts, in seconds, 1 to 3,600: what `--seconds` says when nothing else runs. Default 60. */
  readonly overloadSeconds: number;
  /** How long each measurement may wait for a quiet machine, in seconds, 0 to 600. Default 20; 0 with `--quick`. */
  readonly patience: number;
  /** Only the measurements that the goals speak of, and little of the rest. */
  readonly quick: boolean;
  /** Whether to write the tables into `docs/benchmarks.md`. */
  readonly write: boolean;
  /** Whether to say only how the harness is used. */
  readonly help: boolean;
}

/** What `--help` says. */
export const USAGE = `Usage: npm run bench -- [options]

  --only <group>   ${SUITES.join(', ')}; may be
                   given more than once (default: all but overload and soak)
  --rounds <n>     interleaved rounds, 1 to 100 (default 5, with --quick 2)
  --seconds <s>    length of each measurement, 0.1 to 60 (default 2, with --quick 1); with --only soak its length, 5 to
                   86400 (default 600); with --only overload the same, 1 to 3600 (default 60)
  --patience <s>   wait so long before each measurement for other programs to leave the machine alone, and repeat
                   what they disturbed, 0 to 600 (default 20, with --quick 0: never)
  --quick          what the goals speak of, and little of the rest; some minutes
  --write          write the tables into docs/benchmarks.md
  --help           this text

MDP_MAJORTOMO_PYTHON is a Python with majortomo installed; without it a virtual environment is made for the purpose.`;

/**
 * Read the command line.
 *
 * @param given - without the program's own name
 * @throws Error that names the option, the value and what is allowed
 */
export function parseArguments(given: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      patience: { type: 'string' },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, write, help, only } = values;
  for (const name of only ?? []) {
    if (!(SUITES as readonly string[]).includes(name)) throw new Error(`--only ${name}: must be ${SUITES.join(', ')}`);
  }
  if (quick && write) throw new Error('--quick measures too little to be written: leave out --quick or --write');
  const rounds = numberOf('--rounds', values.rounds, quick ? 2 : 5, 1, 100);
  if (!Number.isInteger(rounds)) throw new Error(`--rounds ${String(rounds)}: must be a whole number`);
  const suites = SUITES.filter((name) => (only === undefined ? !ON_REQUEST.includes(name) : only.includes(name)));
  const onlySoak = suites.every((name) => name === 'soak');
  const onlyOverload = suites.every((name) => name === 'overload');
  const { usual, least } = SOAK_SECONDS;
  return {
    suites,
    rounds,
    seconds: onlySoak || onlyOverload ? 2 : numberOf('--seconds', values.seconds, quick ? 1 : 2, 0.1, 60),
    soakSeconds: onlySoak ? numberOf('--seconds', values.seconds, usual, least, 86_400) : usual,
    overloadSeconds: onlyOverload
      ? numberOf('--seconds', values.seconds, OVERLOAD_SECONDS.usual, OVERLOAD_SECONDS.least, OVERLOAD_SECONDS.most)
      : OVERLOAD_SECONDS.usual,
    patience: numberOf('--patience', values.patience, quick ? 0 : 20, 0, 600),
    quick,
    write,
    help,
  };
}

function numberOf(name: string, given: string | undefined, fallback: number, min: number, max: number): number {
  if (given === undefined) return fallback;
  const value = given.trim() === '' ? NaN : Number(given);
  if (!(value >= min && value <= max)) {
    throw new Error(`${name} ${given}: must be a number from ${String(min)} to ${String(max)}`);
  }
  return value;
}
