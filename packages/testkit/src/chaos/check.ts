// SPDX-License-Identifier: Apache-2.0
// check - a pure function from ledgers to a report: for each fault, for each kind of fault, and in all

import type { Finding, FindingName } from './findings.js';
import { FINDINGS, findingsOf } from './findings.js';
import type { Fault, History } from './history.js';
import { eventsOf, outcomeOf } from './history.js';
import type { Entry } from './ledger.js';
import { dipOf } from './throughput.js';

/** How many requests there were, and what became of them. */
export interface Counts {
  requests: number;
  replies: number;
  /** How many failed, by code and status: `MDP_REMOTE 502`. */
  readonly failed: Record<string, number>;
  /** Ended with their clients: those were killed, and nobody is left to be told. */
  orphaned: number;
  readonly findings: Record<FindingName, number>;
}

/** What one fault did. */
export interface FaultReport {
  readonly fault: Fault;
  /**
   * Requests that it was the first to hit, and of those that none did the ones that ended after it began and before the next
   * one did; that never ended where they were made.
   */
  readonly counts: Counts;
  /** How many requests it hit: its target held them when it began. */
  readonly hit: number;
  /** From its beginning to the first end of a request that it hit, in milliseconds. */
  readonly detectedMs: number | undefined;
  /** From its beginning to the reply of the last request that it hit; `undefined` when it hit none that was answered. */
  readonly recoveredMs: number | undefined;
  /** From its beginning until the rate of replies was back to 80 %; `undefined` when there were too few to tell. */
  readonly backMs: number | undefined;
  /** By which share the rate fell at the worst, 0 to 1. */
  readonly depth: number | undefined;
  /** The longest that a request took which was under way while it went on. */
  readonly slowestMs: number | undefined;
}

/** What the ledgers say. */
export interface Report {
  readonly all: Counts;
  readonly faults: readonly FaultReport[];
  readonly findings: readonly Finding[];
  /** Each way to fail that happened, with the requests that did, by kind of request. */
  readonly failures: readonly Failure[];
}

/** A request that failed. */
export interface Failure {
  readonly id: string;
  readonly at: number;
  readonly kind: 'call' | 'stream';
  readonly client: string;
  readonly outcome: string;
}

/** Nothing happened. */
export function noCounts(): Counts {
  const findings = Object.fromEntries(FINDINGS.map((name) => [name, 0])) as Record<FindingName, number>;
  return { requests: 0, replies: 0, failed: {}, orphaned: 0, findings };
}

/** Add what happened here to what happened there. */
export function addCounts(to: Counts, more: Counts): void {
  to.requests += more.requests;
  to.replies += more.replies;
  to.orphaned += more.orphaned;
  for (const [outcome, count] of Object.entries(more.failed)) to.failed[outcome] = (to.failed[outcome] ?? 0) + count;
  for (const name of FINDINGS) to.findings[name] += more.findings[name];
}

/**
 * Check ledgers.
 *
 * @param entries - of all processes and of the controller, in the order in which they happened
 */
export function check(entries: readonly Entry[]): Report {
  const { requests, faults, gone } = eventsOf(entries);
  const all = noCounts();
  const perFault = faults.map(() => noCounts());
  const findings: Finding[] = [];
  const failures: Failure[] = [];
  for (const history of requests) {
    const { sent, ends } = history;
    const [end] = ends;
    const found = findingsOf(history, sent === undefined ? undefined : gone.get(sent.who));
    findings.push(...found);
    const at = end?.at ?? sent?.at ?? found[0]?.at ?? 0;
    // What one fault has hit may end, by a timeout, when the next one has begun.
    const first = faults.findIndex((fault) => fault.begun <= at && wasHit(fault, history));
    const counts = perFault[first >= 0 ? first : faults.findLastIndex(({ begun }) => begun <= at)];
    for (const sums of counts === undefined ? [all] : [all, counts]) {
      if (sent !== undefined) sums.requests++;
      if (end?.outcome === 'reply') sums.replies++;
      else if (end !== undefined) sums.failed[outcomeOf(end)] = (sums.failed[outcomeOf(end)] ?? 0) + 1;
      else if (sent !== undefined && gone.has(sent.who)) sums.orphaned++;
      for (const { name } of found) sums.findings[name]++;
    }
    if (sent !== undefined && end !== undefined && end.outcome !== 'reply') {
      failures.push({ id: sent.id, at: end.at, kind: sent.kind, client: sent.who, outcome: outcomeOf(end) });
    }
  }
  const replies = requests
    .flatMap(({ ends }) => ends.filter(({ outcome }) => outcome === 'reply').map(({ at }) => at))
    .sort((a, b) => a - b);
  const times = requests.flatMap(({ sent }) => (sent === undefined ? [] : [sent.at]));
  const lastSent = times.reduce((last, at) => Math.max(last, at), 0);
  const firstSent = times.reduce((first, at) => Math.min(first, at), Infinity);
  const reports = faults.map((fault, i) => ({
    fault,
    counts: perFault[i] ?? noCounts(),
    ...effects(fault, requests),
    ...rates(replies, {
      from: Math.max(firstSent, faults[i - 1]?.over ?? 0),
      begun: fault.begun,
      // When no more is asked for, the rate falls by itself.
      until: Math.min(faults[i + 1]?.begun ?? Infinity, lastSent),
    }),
  }));
  return { all, faults: reports, findings, failures };
}

function rates(
  replies: readonly number[],
  span: { readonly from: number; readonly begun: number; readonly until: number },
): Pick<FaultReport, 'backMs' | 'depth'> {
  const dip = dipOf(replies, span);
  return { backMs: dip?.backMs, depth: dip?.depth };
}

/** Which requests a fault has hit, when that was noticed, and when it was made good. */
function effects(
  fault: Fault,
  requests: readonly History[],
): Pick<FaultReport, 'hit' | 'detectedMs' | 'recoveredMs' | 'slowestMs'> {
  let hit = 0;
  let detectedAt: number | undefined;
  let recoveredAt: number | undefined;
  let slowestMs: number | undefined;
  for (const history of requests) {
    const { sent, ends } = history;
    const [end] = ends;
    if (sent === undefined || sent.at > fault.over || (end !== undefined && end.at < fault.begun)) continue;
    if (end !== undefined) slowestMs = Math.max(slowestMs ?? 0, end.at - sent.at);
    if (!wasHit(fault, history)) continue;
    hit++;
    if (end === undefined) continue;
    detectedAt = Math.min(detectedAt ?? Infinity, end.at);
    if (end.outcome === 'reply') recoveredAt = Math.max(recoveredAt ?? 0, end.at);
  }
  return {
    hit,
    detectedMs: detectedAt === undefined ? undefined : detectedAt - fault.begun,
    recoveredMs: recoveredAt === undefined ? undefined : recoveredAt - fault.begun,
    slowestMs,
  };
}

/** Whether the target of a fault held a request when the fault began. */
function wasHit(fault: Fault, { sent, began, executed }: History): boolean {
  if (sent === undefined || sent.at > fault.begun) return false;
  if (fault.role === 'client') return sent.who === fault.target;
  const holder = began.findLast(({ at }) => at <= fault.begun);
  // A request that no worker has begun waits at its broker, or on its way there: with several brokers at the one that gives it away.
  if (fault.role === 'broker') return (holder ?? began[0] ?? fault).endpoint === fault.endpoint;
  const done = executed.some(({ who, at }) => who === fault.target && at <= fault.begun);
  return holder?.who === fault.target && !done;
}
