// SPDX-License-Identifier: Apache-2.0
// listening - the table of where the broker listens: who may connect there, and what came of keys

import type { ListeningRow } from './update.js';
import { make } from './elements.js';
import { UNKNOWN, amount } from './format.js';
import { totalOf } from './trouble.js';

const ROLES: Readonly<Record<ListeningRow['role'], string>> = {
  any: 'clients, workers',
  client: 'clients',
  worker: 'workers',
};

/** Whose connections are let in. */
export function whoMayConnect({ allow, keysListed }: ListeningRow): string {
  if (keysListed !== undefined) return keysListed === 1 ? '1 key' : `${amount(keysListed)} keys`;
  return { list: 'listed keys', function: 'whom a function lets in', anyKey: 'any key', anybody: 'anybody' }[allow];
}

/** Shows the table. */
export class ListeningTable {
  readonly #body: HTMLElement;
  #shown = '';

  constructor(body: HTMLElement) {
    this.#body = body;
  }

  /** Show them; when they are the same as before, nothing is touched. */
  show(rows: readonly ListeningRow[]): void {
    const shown = JSON.stringify(rows);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#body.replaceChildren(...rows.map(listeningRow));
  }
}

function listeningRow(row: ListeningRow): HTMLTableRowElement {
  const { endpoints, role, curve, services, keysAccepted, keysRefused } = row;
  const places = endpoints.map((endpoint) => make('li', { text: endpoint }));
  const encrypted = make('span', {
    class: `badge ${curve ? 'ready' : ''}`,
    text: curve ? 'encrypted' : 'not encrypted',
  });
  return make(
    'tr',
    {},
    make('th', { attributes: { scope: 'row' } }, make('ul', { class: 'places' }, ...places)),
    make('td', { text: ROLES[role] }),
    make('td', {}, encrypted),
    make('td', { text: whoMayConnect(row) }),
    make('td', { class: 'figure', text: curve ? amount(keysAccepted) : UNKNOWN }),
    make('td', { class: 'text', text: curve ? totalOf(keysRefused) : UNKNOWN }),
    make('td', { class: 'text minor', text: services?.join(', ') ?? 'all' }),
  );
}
