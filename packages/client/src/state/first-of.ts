// SPDX-License-Identifier: Apache-2.0
// first-of - who goes first of those that wait

import type { Exchange } from './exchange.js';
import type { WaitingList } from './waiting-list.js';

/**
 * Who goes first of those that wait, oldest first: in order while that is of use. Once the oldest has used up half of its time, more is
 * asked for than can be done, and in order all would be sent when it is too late. So the newest goes first, which has its time
 * before it, and those that are late end at their deadlines, at no cost to anybody else.
 */
export function firstOf(now: number, { head, tail }: WaitingList<Exchange>): Exchange | undefined {
  if (head === undefined || tail === undefined || head === tail) return head;
  if ((head.deadlineAt - now) * 2 >= head.policy.timeoutMs || head.deadlineAt === Infinity) return head;
  return tail.deadlineAt < Infinity && tail.deadlineAt > head.deadlineAt ? tail : head;
}
