// SPDX-License-Identifier: Apache-2.0
// main - the status page: what is shown when, and what the one who looks can do

import type { StatusBegin, StatusPoint, StatusUpdate, WorkerRow } from './update.js';
import { matches } from './data-table.js';
import { byId, make, setText } from './elements.js';
import { age, amount } from './format.js';
import { Overview } from './overview.js';
import type { ShownService } from './services.js';
import { serviceTable } from './services.js';
import { RecentList, showCounts } from './trouble.js';
import type { Link } from './watch.js';
import { Watch } from './watch.js';
import { withKeys, workerTable } from './workers.js';

/** So many rates are kept of each service. */
const TREND_POINTS = 60;

/** The whole page. */
class Page {
  readonly #overview = new Overview(byId('tiles'), byId('charts'));
  readonly #services = serviceTable(byId('services'), TREND_POINTS);
  readonly #workers = workerTable(byId('workers'));
  readonly #recent = new RecentList(byId('recent'), byId('recent-note'));
  readonly #watch = new Watch({
    begin: (begin) => {
      this.#begin(begin);
    },
    update: (update) => {
      this.#update(update);
    },
    link: (link, why) => {
      this.#link(link, why);
    },
  });
  #version: string | undefined;
  #points: readonly StatusPoint[] = [];
  #spanMs = 1;
  #trends = new Map<string, readonly (number | null)[]>();
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
      byId('pause').setAttribute('aria-pressed', String(this.#paused));
      setText(byId('pause'), this.#paused ? 'Go on' : 'Pause');
      if (!this.#paused) this.#show();
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

  #begin({ points, spanMs, trends }: StatusBegin): void {
    this.#spanMs = spanMs;
    // The last point comes again, with the update that it belongs to.
    this.#points = points.slice(0, -1);
    this.#trends = new Map(trends.map(([name, rates]) => [name, rates.slice(0, -1)]));
  }

  #update(update: StatusUpdate): void {
    // Another version of the broker has another page.
    if (this.#version !== undefined && this.#version !== update.version) location.reload();
    this.#version = update.version;
    const { point } = update;
    this.#points = [...this.#points.filter(({ at }) => point.at - at < this.#spanMs), point];
    const trends = update.services.map(
      ({ name, requests }) => [name, [...(this.#trends.get(name) ?? []), requests].slice(-TREND_POINTS)] as const,
    );
    this.#trends = new Map(trends);
    this.#last = update;
    if (!this.#paused) this.#show();
  }

  #link(link: Link, why: string): void {
    document.body.dataset['link'] = link;
    const said = { connecting: 'connecting', live: 'live', lost: 'connection lost, trying again', locked: 'locked' }[
      link
    ];
    setText(byId('link'), why === '' || link === 'locked' ? said : `${said}: ${why}`);
    byId('unlock').hidden = link !== 'locked';
    setText(byId('unlock-note'), link === 'locked' ? why : '');
    if (link === 'locked') byId('token').focus();
  }

  #show(): void {
    const update = this.#last;
    if (update === undefined) return;
    byId('content').hidden = false;
    this.#overview.show(update, this.#points, this.#spanMs);
    this.#showHead(update);
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

  #showHead({ phase, version, uptimeMs, threads, endpoints }: StatusUpdate): void {
    setText(byId('phase'), phase);
    byId('phase').className = `badge ${phase}`;
    setText(byId('about'), `${version}, up for ${age(uptimeMs)}${threads > 1 ? `, ${amount(threads)} threads` : ''}`);
    const list = byId('endpoints');
    if (list.childElementCount === endpoints.length) return;
    list.replaceChildren(...endpoints.map((endpoint) => make('li', { text: endpoint })));
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
      trend: this.#trends.get(service.name) ?? [],
      ofIt: byService.get(service.name) ?? [],
    }));
  }
}

function countOf(found: readonly unknown[], all: readonly unknown[]): string {
  return found.length === all.length ? amount(all.length) : `${amount(found.length)} of ${amount(all.length)}`;
}

await new Page().run();
