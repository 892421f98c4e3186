// SPDX-License-Identifier: Apache-2.0
// suggest - the word that somebody who misspelt one most likely meant

/**
 * The known word that is nearest to a misspelt one.
 *
 * @param word - as it was written; case, `-`, `_` and `.` do not count
 * @param known - the words there are
 * @returns `undefined` when nothing is near: more than a third of it, at most three letters, would have to change
 */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const given = bare(word);
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.floor(given.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(given, bare(candidate), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean "X"?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>, decorate = (name: string): string => name): string {
  const name = suggest(word, known);
  return name === undefined ? '' : `; did you mean ${decorate(name)}?`;
}

function bare(word: string): string {
  return word.slice(0, 80).toLowerCase().replace(/[-_.]/g, '');
}

/** Levenshtein's distance; anything from `limit` on may be answered with `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? limit;
}
