// SPDX-License-Identifier: Apache-2.0
// trouble - what went wrong lately, and what was counted of it since the broker started; connections and keys

import type { Counts, RecentLine, StatusUpdate } from './update.js';
import { make, setText } from './elements.js';
import { amount, bytes, clock, words } from './format.js';

/** Which lines are of which kind, by their `event`; the rest is of none. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  requests: ['requestFailed', 'invalidMessage'],
  workers: ['workerLost', 'workerRefused'],
  keys: [
    'connectionRefused',
    'keysRevoked',
    'keysNotReloaded',
    'adminRefused',
    'tokenNotReloaded',
    'anyKey',
    'notEncrypted',
  ],
};

/** Whether a line is of a kind; all are of the kind that is none. */
export function isOfKind({ event }: RecentLine, kind: string): boolean {
  if (kind === 'all') return true;
  const events = KINDS[kind];
  return events === undefined ? !Object.values(KINDS).flat().includes(event) : events.includes(event);
}

/** The list of what went wrong. */
export class RecentList {
  readonly #body: HTMLElement;
  readonly #note: HTMLElement;
  #shown = '';

  constructor(body: HTMLElement, note: HTMLElement) {
    this.#body = body;
    this.#note = note;
  }

  /** Show those of a kind, the newest first; when they are the same as before, nothing is touched. */
  show(lines: readonly RecentLine[], kind: string): void {
    const found = lines.filter((line) => isOfKind(line, kind)).reverse();
    // A broker that was started anew counts from 1 again.
    const shown = [kind, ...found.map(({ id, at }) => `${String(id)}@${String(at)}`)].join(' ');
    if (shown === this.#shown) return;
    this.#shown = shown;
    setText(
      this.#note,
      found.length > 0 ? '' : lines.length > 0 ? 'Nothing of this kind.' : 'Nothing went wrong so far.',
    );
    this.#body.replaceChildren(...found.map(lineRow));
  }
}

function lineRow({ at, level, event, text }: RecentLine): HTMLTableRowElement {
  const time = make('time', { text: clock(at), attributes: { datetime: new Date(at).toISOString() } });
  return make(
    'tr',
    {},
    make('td', { class: 'time' }, time),
    make('td', {}, make('span', { class: `badge ${level}`, text: level === 'warn' ? 'warning' : 'error' })),
    make('td', { class: 'minor', text: words(event) }),
    make('td', { class: 'text', text }),
  );
}

/** Since the broker started: each a title, a total and what it is made of. */
export function showCounts(host: HTMLElement, update: StatusUpdate): void {
  const { connections, outbox, keysAccepted, keysRefused, handshakesFailed, failed, dropped, workersLost } = update;
  const waiting = `${amount(outbox.messages)} messages, ${bytes(outbox.bytes)}`;
  const facts: readonly (readonly [string, string])[] = [
    ['Connections', amount(connections)],
    ['Slow readers', outbox.peers === 0 ? 'none' : `${amount(outbox.peers)}, for whom ${waiting} wait`],
    ['Keys accepted', amount(keysAccepted)],
    ['Keys refused', totalOf(keysRefused)],
    ['Handshakes failed', totalOf(handshakesFailed)],
    ['Requests failed, by status', totalOf(failed)],
    ['Workers lost', totalOf(workersLost)],
    ['Messages dropped', totalOf(dropped)],
  ];
  const cells = facts.flatMap(([title]) => [make('dt', { text: title }), make('dd')]);
  if (host.childElementCount !== cells.length) host.replaceChildren(...cells);
  facts.forEach(([, text], i) => {
    const cell = host.children[2 * i + 1];
    if (cell !== undefined) setText(cell, text);
  });
}

/** `7: 5 × unknown key, 2 × denied`. */
export function totalOf(counts: Counts): string {
  const parts = Object.entries(counts).sort(([, a], [, b]) => b - a);
  if (parts.length === 0) return 'none';
  const total = parts.reduce((sum, [, count]) => sum + count, 0);
  return `${amount(total)}: ${parts.map(([name, count]) => `${amount(count)} × ${words(name)}`).join(', ')}`;
}
