// SPDX-License-Identifier: Apache-2.0
// watch - the processes of a soak that live as long as it does: what each of them holds, again and again, and whether that grows

import type { Cluster, Member } from './cluster.js';
import type { Sample, Slack, Watched } from './flatness.js';
import { coursesOf } from './flatness.js';
import { sampleOf } from './gauges.js';

/** What memory and files may grow by: what the allocator keeps, and what was collected just before or after. */
const USAGE_SLACK: Readonly<Record<string, number>> = {
  'RSS MiB': 32,
  'heap MiB': 2,
  'external MiB': 8,
  files: 24,
  // A broker remembers connections for 60 to 75 s: as many as there were one-shot clients, of whom a busy machine has fewer.
  // One that never forgot those of one wire would have some thousands more after ten minutes.
  connections: 1_000,
  // Sockets that a strict client keeps for 10 s: as many as it needed at once.
  'endpoints.open': 16,
  'endpoints.idle': 16,
};

/** What else is counted in bytes may grow by so much. */
const BYTES_SLACK = 2 ** 20;

/** What is counted one by one: fewer than one for each broker, or each worker, that is killed in ten minutes. */
const COUNT_SLACK = 8;

/** By how much something may grow. */
export const SLACK: Slack = (name) => USAGE_SLACK[name] ?? (/bytes$/i.test(name) ? BYTES_SLACK : COUNT_SLACK);

/** Who stays. */
export class Watch {
  readonly #cluster: Cluster;
  readonly #stays: ReadonlyMap<string, Member>;
  readonly #samples: ReadonlyMap<string, Sample[]>;

  /** @param stays - by what they are called in tables */
  constructor(cluster: Cluster, stays: ReadonlyMap<string, Member>) {
    this.#cluster = cluster;
    this.#stays = stays;
    this.#samples = new Map(Array.from(stays.keys(), (who) => [who, []]));
  }

  /** Whether somebody stays, and so is not to be killed. */
  has(member: Member): boolean {
    return [...this.#stays.values()].includes(member);
  }

  /** Look at all of them. */
  async look(): Promise<void> {
    for (const [who, member] of this.#stays) this.#samples.get(who)?.push(sampleOf(await this.#cluster.held(member)));
  }

  /** How often each was looked at. */
  get looks(): number {
    return Math.max(...Array.from(this.#samples.values(), ({ length }) => length));
  }

  /** How what they hold went. */
  courses(): Watched[] {
    return Array.from(this.#samples, ([who, samples]) => ({ who, courses: coursesOf(samples, SLACK) }));
  }
}

/** What grows. @returns for people; empty when all is flat */
export function growing(watched: readonly Watched[]): string[] {
  return watched.flatMap(({ who, courses }) =>
    courses.filter(({ flat }) => !flat).map(({ name }) => `${who}: ${name} is not flat`),
  );
}
