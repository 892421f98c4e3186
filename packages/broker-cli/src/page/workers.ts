// SPDX-License-Identifier: Apache-2.0
// workers - the table of workers

import type { WorkerRow } from './update.js';
import { DataTable, textCell } from './data-table.js';
import { age, amount } from './format.js';
import { label } from './services.js';

/** A worker, and what the page knows it by. */
export interface ShownWorker extends WorkerRow {
  readonly key: string;
}

/** Tell workers apart: the same peer may be there for one service more than once, at several endpoints or threads. */
export function withKeys(workers: readonly WorkerRow[]): ShownWorker[] {
  const seen = new Map<string, number>();
  return workers.map((worker) => {
    const who = `${worker.peer} ${worker.name}`;
    const nth = (seen.get(who) ?? 0) + 1;
    seen.set(who, nth);
    return { ...worker, key: `${who} ${String(nth)}` };
  });
}

/** Make the table. */
export function workerTable(table: HTMLElement): DataTable<ShownWorker> {
  return new DataTable<ShownWorker>({
    table,
    columns: [
      { key: 'service', title: 'Service', value: label, show: textCell(label, () => 'name') },
      {
        key: 'peer',
        title: 'Peer',
        hint: 'Its routing id, and its address behind proxies, in hexadecimal',
        minor: true,
        value: ({ peer }) => peer,
        show: textCell(
          ({ peer }) => peer,
          () => 'peer',
        ),
      },
      { key: 'dialect', title: 'Speaks', value: ({ dialect }) => dialect, show: textCell(({ dialect }) => dialect) },
      {
        key: 'age',
        title: 'There for',
        hint: 'Since it registered',
        figure: true,
        value: ({ ageMs }) => ageMs,
        show: textCell(({ ageMs }) => age(ageMs)),
      },
      {
        key: 'silent',
        title: 'Silent for',
        hint: 'Since something came from it, be it a heartbeat',
        figure: true,
        minor: true,
        value: ({ silentMs }) => silentMs,
        show: textCell(({ silentMs }) => age(silentMs)),
      },
      {
        key: 'held',
        title: 'Holds',
        hint: 'Requests that it has been given, of those that it takes at once',
        figure: true,
        value: ({ held }) => held,
        show: textCell(({ held, credit }) => `${amount(held)} of ${amount(credit)}`),
      },
    ],
    keyOf: ({ key }) => key,
    sort: { key: 'age', descending: true },
    empty: 'No worker is registered.',
  });
}
