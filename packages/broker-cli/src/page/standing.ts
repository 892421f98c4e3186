// SPDX-License-Identifier: Apache-2.0
// standing - says whether what is shown is new, and of when it is if not; so does the title of the page

import type { StatusUpdate } from './update.js';
import { byId, setText } from './elements.js';
import { age, amount, moment, rate } from './format.js';
import type { Link } from './watch.js';

/** How things stand. */
export interface Standing {
  readonly link: Link;
  readonly why: string;
  readonly paused: boolean;
  /** When that was so which is shown, in milliseconds since 1970; `undefined` before anything is. */
  readonly shownAt: number | undefined;
}

/** Why what is shown is old; empty when it is not. It does not change from second to second: it is read aloud. */
export function oldText({ link, why, paused, shownAt }: Standing, now: number): string {
  const reason =
    link === 'lost'
      ? `No connection: ${why}.`
      : link === 'locked' && shownAt !== undefined
        ? 'The broker asks for its token.'
        : link === 'live' && paused
          ? 'Paused.'
          : '';
  if (reason === '') return '';
  return shownAt === undefined ? reason : `${reason} What is shown is of ${moment(shownAt, now)}.`;
}

/** What changes from second to second. */
export function oldFor({ link, shownAt }: Standing, tryAt: number | undefined, now: number): string {
  const old = shownAt === undefined ? '' : `${age(Math.max(0, now - shownAt))} old`;
  const next = tryAt === undefined ? 'trying again' : `next try in ${age(Math.max(0, tryAt - now) + 999)}`;
  return [old, link === 'lost' ? next : ''].filter((text) => text !== '').join(', ');
}

/** The title of the page: among many tabs it is all that is seen of it. */
export function titleOf({ link, paused }: Standing, update: StatusUpdate | undefined): string {
  const name = 'mdp-broker';
  if (link === 'lost') return `No connection – ${name}`;
  if (link === 'locked') return `Locked – ${name}`;
  if (update === undefined) return name;
  const { phase, point, services } = update;
  const starved = services.filter(({ workers, queued }) => workers === 0 && queued > 0).length;
  const parts = [
    paused ? 'paused' : '',
    phase === 'ready' ? '' : phase,
    (point.failed ?? 0) > 0 ? `${rate(point.failed)} failed/s` : '',
    starved > 0 ? `${amount(starved)} without workers` : '',
  ].filter((text) => text !== '');
  return parts.length === 0 ? name : `${parts.join(', ')} – ${name}`;
}

const WORDS: Readonly<Record<Link, string>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'no connection',
  locked: 'locked',
};

/** Shows it. */
export class StandingBar {
  #standing: Standing = { link: 'connecting', why: '', paused: false, shownAt: undefined };
  #tryAt: number | undefined;
  #update: StatusUpdate | undefined;

  /** @param onTry - it is to be tried at once */
  constructor(onTry: () => void) {
    byId('try').addEventListener('click', onTry);
    setInterval(() => {
      this.#showAge();
    }, 1_000);
  }

  /** How things are between the page and the broker. */
  link(link: Link, why: string, restMs?: number): void {
    this.#tryAt = restMs === undefined ? undefined : Date.now() + restMs;
    this.#change({ link, why });
  }

  /** It stands still, or goes on. */
  pause(paused: boolean): void {
    this.#change({ paused });
  }

  /** This is shown now. */
  shows(update: StatusUpdate, shownAt: number): void {
    this.#update = update;
    this.#change({ shownAt });
  }

  #change(changed: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...changed };
    const { link, paused } = this.#standing;
    const text = oldText(this.#standing, Date.now());
    document.body.dataset['link'] = link;
    document.body.classList.toggle('old', text !== '');
    setText(byId('link'), link === 'live' && paused ? 'paused' : WORDS[link]);
    setText(byId('old-text'), text);
    byId('old').hidden = text === '';
    byId('try').hidden = link !== 'lost';
    const title = titleOf(this.#standing, this.#update);
    if (document.title !== title) document.title = title;
    this.#showAge();
  }

  #showAge(): void {
    setText(byId('old-age'), oldFor(this.#standing, this.#tryAt, Date.now()));
  }
}
