// SPDX-License-Identifier: Apache-2.0
// turns - who has to be sent next, found by looking at everybody who waits

import { HeldBack } from '../../src/state/allowances.js';
import type { Exchange } from '../../src/state/exchange.js';
import { WaitingList } from '../../src/state/waiting-list.js';
import type { Call } from './harness.js';

/** When each request last began to wait: they are counted over all clients of a test. */
const began = new WeakMap<object, number>();
let count = 0;

/** Those that were too many for their service: they wait in lists of their own, which have tests of their own. */
const heldBack = new WeakSet<object>();

// A request that begins to wait may be sent before anybody could look at the list.
const push = Reflect.get(WaitingList.prototype, 'push') as WaitingList<Exchange>['push'];
Reflect.set(WaitingList.prototype, 'push', function (this: WaitingList<Exchange>, item: Exchange): void {
  began.set(item, ++count);
  if (this instanceof HeldBack) heldBack.add(item);
  push.call(this, item);
});

/** Since when a request waits, among all of them. */
function place(exchange: Exchange): number {
  return began.get(exchange) ?? 0;
}

/**
 * See that it was this one's turn to be sent. Those that need a connection of their own are served in order; and all others, too,
 * while the first of them has half of its time before it. Then the last one is served, if it has a deadline, and a later one.
 * Nothing is said of times in which some are held back.
 *
 * @param calls - all requests there are
 */
export function checkTurn(now: number, sent: Exchange, calls: readonly Call[]): void {
  const others = calls
    .map(({ exchange }) => exchange)
    .filter(({ phase, fresh }) => phase === 'waiting' && fresh === sent.fresh);
  const waited = [sent, ...others].sort((a, b) => place(a) - place(b));
  if (waited.some((exchange) => heldBack.has(exchange))) return;
  const [first, last] = [waited[0] ?? sent, waited.at(-1) ?? sent];
  const { deadlineAt, policy } = first;
  const isLate = !sent.fresh && deadlineAt < Infinity && now > deadlineAt - policy.timeoutMs / 2;
  const next = isLate && last.deadlineAt < Infinity && last.deadlineAt > deadlineAt ? last : first;
  if (next !== sent) {
    const who = (one: Exchange): string => `number ${String(1 + waited.indexOf(one))} of ${String(waited.length)}`;
    throw new Error(`${who(sent)} that wait is sent, and it is the turn of ${who(next)}`);
  }
}
