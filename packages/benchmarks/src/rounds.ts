// SPDX-License-Identifier: Apache-2.0
// rounds - measurements taken in turns, so that what the machine does meanwhile falls on all of them alike

/** One thing to measure, again and again. */
export interface Trial<T> {
  readonly name: string;
  measure(): Promise<T>;
}

/** What the harness says while it measures. */
export type Progress = (text: string) => void;

/** What each round found, by trial; `undefined` where a round failed. */
export type Findings<T> = ReadonlyMap<Trial<T>, readonly (T | undefined)[]>;

/**
 * Measure every trial once in each round.
 *
 * @param groups - the trials of a group are compared with one another: they are measured one right after the other, and
 * which of them comes first changes from round to round
 * @param rounds - how many rounds
 * @param progress - told before each measurement, and of each failure
 */
export async function measureInRounds<T>(
  groups: readonly (readonly Trial<T>[])[],
  rounds: number,
  progress: Progress,
): Promise<Findings<T>> {
  const found = new Map<Trial<T>, (T | undefined)[]>(groups.flat().map((trial) => [trial, []]));
  for (let round = 0; round < rounds; round++) {
    let count = 0;
    for (const group of groups) {
      const first = round % group.length;
      for (const trial of [...group.slice(first), ...group.slice(0, first)]) {
        count++;
        progress(
          `round ${String(round + 1)} of ${String(rounds)}, ${String(count)} of ${String(found.size)}: ${trial.name}`,
        );
        found.get(trial)?.push(await attempt(trial, progress));
      }
    }
  }
  return found;
}

async function attempt<T>(trial: Trial<T>, progress: Progress): Promise<T | undefined> {
  try {
    return await trial.measure();
  } catch (error) {
    progress(`FAILED ${trial.name}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
