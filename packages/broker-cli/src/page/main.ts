// SPDX-License-Identifier: Apache-2.0
// main - the status page: what is shown when, and what the one who looks can do

import type { StatusBegin, StatusUpdate, WorkerRow } from './update.js';
import { matches } from './data-table.js';
import { byId, setText } from './elements.js';
import { age, amount } from './format.js';
import { ListeningTable } from './listening.js';
import { Overview } from './overview.js';
import { Past, TREND_POINTS } from './past.js';
import type { ShownService } from './services.js';
import { serviceTable } from './services.js';
import { StandingBar } from './standing.js';
import { RecentList, showCounts } from './trouble.js';
import type { Link } from './watch.js';
import { Watch } from './watch.js';
import { withKeys, workerTable } from './workers.js';

/** The whole page. */
class Page {
  readonly #overview = new Overview(byId('tiles'), byId('charts'));
  readonly #services = serviceTable(byId('services'), TREND_POINTS);
  readonly #listening = new ListeningTable(byId('listening'));
  readonly #workers = workerTable(byId('workers'));
  readonly #recent = new RecentList(byId('recent'), byId('recent-note'));
  readonly #watch = new Watch({
    begin: (begin) => {
      this.#begin(begin);
    },
    update: (update) => {
      this.#update(update);
    },
    link: (link, why, restMs) => {
      this.#link(link, why, restMs);
    },
  });
  readonly #standing = new StandingBar(() => {
    this.#watch.wake();
  });
  readonly #past = new Past();
  /** When the last update was so, by this computer's clock, in milliseconds since 1970. */
  #lastAt = 0;
  #last: StatusUpdate | undefined;
  #paused = false;
  #filter = '';
  #kind = 'all';

  constructor() {
    byId('filter').addEventListener('input', (event) => {
      this.#filter = (event.target as HTMLInputElement).value.trim();
      this.#show();
    });
    byId('kind').addEventListener('change', (event) => {
      this.#kind = (event.target as HTMLSelectElement).value;
      this.#show();
    });
    byId('pause').addEventListener('click', () => {
      this.#paused = !this.#paused;
      setText(byId('pause'), this.#paused ? 'Go on' : 'Pause');
      this.#standing.pause(this.#paused);
      if (!this.#paused) this.#show();
    });
    byId('load').addEventListener('click', () => {
      location.reload();
    });
    addEventListener('online', () => {
      this.#watch.wake();
    });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#watch.wake();
    });
    byId('unlock').addEventListener('submit', (event) => {
      event.preventDefault();
      const field = byId('token') as HTMLInputElement;
      this.#watch.unlock(field.value.trim());
      field.value = '';
    });
  }

  run(): Promise<never> {
    return this.#watch.run();
  }

  #begin(begin: StatusBegin): void {
    // It is not loaded by itself: who looks may be in the middle of something.
    if (begin.page !== document.documentElement.dataset['page']) this.#offerPage('The broker has another page now.');
    this.#understand(() => {
      this.#past.begin(begin);
    });
  }

  #update(update: StatusUpdate): void {
    this.#understand(() => {
      this.#past.add(update);
      this.#last = update;
      this.#lastAt = Date.now() - update.ageMs;
      if (!this.#paused) this.#show();
    });
  }

  /** What another version of the broker tells, this page may not understand. */
  #understand(told: () => void): void {
    try {
      told();
    } catch {
      this.#offerPage('This page cannot show what the broker tells.');
    }
  }

  #offerPage(why: string): void {
    setText(byId('other-text'), why);
    byId('other').hidden = false;
  }

  #link(link: Link, why: string, restMs?: number): void {
    this.#standing.link(link, why, restMs);
    byId('unlock').hidden = link !== 'locked';
    setText(byId('unlock-note'), link === 'locked' ? why : '');
    if (link === 'locked') byId('token').focus();
  }

  #show(): void {
    const update = this.#last;
    if (update === undefined) return;
    byId('content').hidden = false;
    this.#standing.shows(update, this.#lastAt);
    this.#overview.show(update, this.#past.points, this.#past.spanMs);
    this.#listening.show(update.listening);
    showHead(update);
    const found = ({ name, shown = name }: { readonly name: string; readonly shown?: string }): boolean =>
      matches(shown, this.#filter);
    const services = update.services.filter(found);
    const workers = update.workers.filter(found);
    this.#services.show(this.#withPast(services, update.workers));
    this.#workers.show(withKeys(workers));
    this.#recent.show(update.recent, this.#kind);
    showCounts(byId('counts'), update);
    const { servicesInAll } = update;
    const told = `the ${amount(update.services.length)} busiest of ${amount(servicesInAll)}`;
    setText(byId('services-count'), servicesInAll > update.services.length ? told : countOf(services, update.services));
    const { workers: registered } = update.point;
    const listed = `${amount(update.workers.length)} of ${amount(registered)}`;
    setText(byId('workers-count'), registered > update.workers.length ? listed : countOf(workers, update.workers));
  }

  #withPast(services: StatusUpdate['services'], workers: readonly WorkerRow[]): ShownService[] {
    const byService = new Map<string, WorkerRow[]>();
    for (const worker of workers) {
      const others = byService.get(worker.name);
      if (others === undefined) byService.set(worker.name, [worker]);
      else others.push(worker);
    }
    return services.map((service) => ({
      ...service,
      trend: this.#past.trend(service.name),
      ofIt: byService.get(service.name) ?? [],
    }));
  }
}

function showHead({ phase, version, uptimeMs, threads }: StatusUpdate): void {
  setText(byId('phase'), phase);
  byId('phase').className = `badge ${phase}`;
  setText(byId('about'), `${version}, up for ${age(uptimeMs)}${threads > 1 ? `, ${amount(threads)} threads` : ''}`);
}

function countOf(found: readonly unknown[], all: readonly unknown[]): string {
  return found.length === all.length ? amount(all.length) : `${amount(found.length)} of ${amount(all.length)}`;
}

await new Page().run();
