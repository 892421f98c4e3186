// SPDX-License-Identifier: Apache-2.0
// findings - what is wrong, or worth to be counted, with one request

import type { History } from './history.js';
import { outcomeOf } from './history.js';
import type { Entry, EntryOf } from './ledger.js';

/** What can be found. */
export const FINDINGS = [
  /** Its client lives, and was never told how it ended. */
  'lost',
  /** It ended more than once. */
  'endedTwice',
  /** Something came for it after its end. */
  'afterEnd',
  /** What its client got was made for another request. */
  'misdelivered',
  /** What its client got is not what the worker was given to send back. */
  'damaged',
  /** Parts of its stream are missing, at the end as well. */
  'gapped',
  /** Parts of its stream came in another order, or twice. */
  'reordered',
  /** Parts of its stream came from more than one worker. */
  'mixed',
  /** Its work was begun again, as often as it was. Allowed where requests may be repeated. */
  'duplicated',
  /** The same, though its work must not be begun twice. */
  'repeatedOnce',
  /** Its work was begun again by a worker that had begun it, and had sent no part of it. Allowed where workers do not `deduplicate`. */
  'notRemembered',
  /** Its work was begun after its end. The worker could not know, where nothing tells it. */
  'begunAfterEnd',
  /** It failed, though its work was done. What is done is done: the client was told that it cannot know. */
  'doneThoughFailed',
  /** Somebody speaks of it, and no client has made it. */
  'unknown',
] as const;

/** See {@link FINDINGS}. */
export type FindingName = (typeof FINDINGS)[number];

/** One thing that was found. */
export interface Finding {
  readonly name: FindingName;
  readonly id: string;
  /** When it happened, or when it began where it is something that never happened. */
  readonly at: number;
  readonly detail: string;
}

/**
 * Look at one request.
 *
 * @param gone - when the process of its client ended; `undefined` while it lives
 */
export function findingsOf(history: History, gone: number | undefined): Finding[] {
  const { id, sent } = history;
  const found: Finding[] = [];
  const add = (name: FindingName, at: number, detail: string): void => {
    found.push({ name, id, at, detail });
  };
  if (sent === undefined) {
    const first = firstEntry(history);
    add('unknown', first?.at ?? 0, `${first?.who ?? 'nobody'} speaks of it`);
  } else if (history.ends.length === 0 && gone === undefined) {
    add('lost', sent.at, `${sent.who} was never told how it ended`);
  }
  const [end, ...more] = history.ends;
  for (const again of more) {
    add('endedTwice', again.at, `${outcomeOf(again)} after ${end === undefined ? '' : outcomeOf(end)}`);
  }
  inspectReplies(history, add);
  inspectParts(history, add);
  for (const again of history.began.slice(1)) {
    add('duplicated', again.at, `by ${again.who} after ${history.began.map(({ who }) => who).join(', ')}`);
    if (sent?.once === true) add('repeatedOnce', again.at, `by ${again.who}`);
  }
  for (const again of history.began.filter((one) => isForgotten(one, history))) {
    add('notRemembered', again.at, `by ${again.who}, again`);
  }
  if (end !== undefined) {
    for (const late of history.began.filter(({ at }) => at > end.at)) {
      add('begunAfterEnd', late.at, `by ${late.who}, after ${outcomeOf(end)}`);
    }
    const [done] = history.executed;
    if (end.outcome !== 'reply' && done !== undefined) {
      add('doneThoughFailed', done.at, `by ${done.who}: ${outcomeOf(end)}`);
    }
  }
  return found;
}

/** Whether a worker has begun what it should have remembered. Of a stream the beginning is not kept. */
function isForgotten({ who, at }: EntryOf<'began'>, { began, streamed }: History): boolean {
  const before = (one: Entry): boolean => one.who === who && one.at < at;
  return began.some(before) && !streamed.some(before);
}

type Add = (name: FindingName, at: number, detail: string) => void;

function inspectReplies({ id, ends, parts, sent }: History, add: Add): void {
  const [end] = ends;
  for (const reply of ends.filter(({ outcome }) => outcome === 'reply')) {
    if (reply.for !== id) {
      add('misdelivered', reply.at, `made by ${reply.worker ?? '?'} for ${String(reply.for)}`);
    } else if (reply.intact === false) {
      add('damaged', reply.at, `the reply of ${reply.worker ?? '?'}`);
    }
    const due = reply.parts ?? 0;
    if (sent?.kind === 'stream' && parts.length < due) {
      add('gapped', reply.at, `${String(parts.length)} of ${String(due)} parts`);
    }
    if (parts.some(({ worker }) => worker !== reply.worker)) {
      add('mixed', reply.at, `${reply.worker ?? '?'} ended what ${parts[0]?.worker ?? '?'} began`);
    }
  }
  if (end === undefined) return;
  for (const late of parts.filter(({ at }) => at > end.at)) {
    add('afterEnd', late.at, `part ${String(late.n)} after ${outcomeOf(end)}`);
  }
}

function inspectParts({ id, parts }: History, add: Add): void {
  let due = 0;
  for (const part of parts) {
    const number = `part ${String(part.n)}`;
    if (part.for !== id) add('misdelivered', part.at, `${number} was made by ${part.worker} for ${part.for}`);
    else if (!part.intact) add('damaged', part.at, `${number} of ${part.worker}`);
    if (part.n > due) add('gapped', part.at, `${number} where ${String(due)} was due`);
    if (part.n < due) add('reordered', part.at, `${number} where ${String(due)} was due`);
    if (part.worker !== parts[0]?.worker) add('mixed', part.at, `${number} is of ${part.worker}`);
    due = Math.max(due, part.n + 1);
  }
}

function firstEntry({ parts, ends, began, executed }: History): Entry | undefined {
  return [...parts, ...ends, ...began, ...executed].sort((a, b) => a.at - b.at)[0];
}
