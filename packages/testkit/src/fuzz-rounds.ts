// SPDX-License-Identifier: Apache-2.0
// fuzz-rounds - `npm run fuzz`: all properties again and again, each time from another seed, until one fails or the time is over

/** How long it goes on when nobody says it, in minutes. */
export const DEFAULT_MINUTES = 5;

/** One round: every property once. */
export interface Round {
  /** Where its inputs come from: -2^31 to 2^31-1. */
  readonly seed: number;
  /** How many times as many inputs as in `npm test` each property tries. */
  readonly times: number;
  /** When all must have ended, in milliseconds since 1970. */
  readonly until: number;
}

/** How a round ended. */
export interface RoundEnd {
  readonly passed: boolean;
  /** What there is to show when it did not pass. */
  readonly output: string;
}

/** What the rounds need of the world. */
export interface FuzzParts {
  readonly minutes: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly seed: () => number;
  readonly play: (round: Round) => Promise<RoundEnd>;
  readonly print: (line: string) => void;
}

/** The first round is as short as `npm test`; the later ones lose less time with starting. */
const TIMES = 10;

/**
 * Read the command line.
 *
 * @param args - nothing, or `--minutes N`
 * @returns how many minutes; `undefined` when it says anything else
 */
export function minutesFrom(args: readonly string[]): number | undefined {
  if (args.length === 0) return DEFAULT_MINUTES;
  const [flag = '', value = ''] = args.length === 1 ? (args[0] ?? '').split('=') : args;
  if (args.length > 2 || flag !== '--minutes' || !/^\d+(\.\d+)?$/.test(value)) return undefined;
  return Number(value) > 0 ? Number(value) : undefined;
}

function seconds(ms: number): string {
  return `${String(Math.max(0, Math.round(ms / 1000)))} s`;
}

/**
 * Play rounds until the time is over.
 *
 * @returns the exit code: 0, or 1 when a property failed
 */
export async function playRounds({ minutes, now, seed, play, print }: FuzzParts): Promise<number> {
  const begun = now();
  const until = Math.ceil(begun + minutes * 60_000);
  let rounds = 0;
  for (let at = begun; at < until; at = now()) {
    rounds++;
    const round = { seed: seed(), times: rounds === 1 ? 1 : TIMES, until };
    const { passed, output } = await play(round);
    if (!passed) {
      print(output);
      print(
        `round ${String(rounds)}, seed ${String(round.seed)}: failed; the command that plays it again stands above`,
      );
      return 1;
    }
    const left = seconds(until - now());
    print(`round ${String(rounds)}, seed ${String(round.seed)}: passed in ${seconds(now() - at)}, ${left} left`);
  }
  print(`${String(rounds)} rounds in ${seconds(now() - begun)}: nothing failed`);
  return 0;
}
