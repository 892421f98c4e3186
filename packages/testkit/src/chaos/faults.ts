// SPDX-License-Identifier: Apache-2.0
// faults - what can be done to a process, and undone

import { ledgerNow } from './ledger.js';
import { waitUntil } from '../wait.js';
import type { Cluster, Member } from './cluster.js';
import type { Role } from './ledger.js';
import type { Load } from './load.js';

/** Undoes a fault, and resolves when everything that it took away is back. */
export type Undo = () => Promise<void>;

/** Something that can be done to a process. */
export interface FaultKind {
  /** What it is called in tables. */
  readonly name: string;
  /** To whom it is done. */
  readonly role: Role;
  /** The signals that the system must have. */
  readonly needs: readonly NodeJS.Signals[];
  /** How long it goes on, in expiries: from, to. */
  readonly lasts: readonly [number, number];
  /** What must be so before it begins. */
  readonly prepare?: (cluster: Cluster) => Promise<void>;
  /** To whom. Default: to any process of the role. */
  readonly target?: (cluster: Cluster) => Promise<Member>;
  /** Do it. */
  readonly inflict: (cluster: Cluster, target: Member) => Promise<Undo>;
}

/** Let some time pass. A fault is made of time; nobody waits so for something to happen. */
export async function pass(ms: number): Promise<void> {
  const until = ledgerNow() + ms;
  await waitUntil('time to pass', () => ledgerNow() >= until, ms + 60_000);
}

/** A process that is gone is followed by another in its place. */
async function replace(cluster: Cluster, { role, endpoint }: Member): Promise<void> {
  if (role === 'worker') await cluster.startWorker();
  else if (role === 'client') await cluster.startClient();
  else await cluster.startBroker(endpoint ?? '');
}

/** `kill -9`; another process takes its place at the end. */
export function killed(role: Role, lasts: readonly [number, number] = [0.3, 0.8]): FaultKind {
  return {
    name: `${role} killed`,
    role,
    needs: [],
    lasts,
    inflict: async (cluster, target) => {
      await cluster.kill(target);
      return () => replace(cluster, target);
    },
  };
}

function stopped(name: string, role: Role, lasts: readonly [number, number]): FaultKind {
  return {
    name,
    role,
    needs: ['SIGSTOP', 'SIGCONT'],
    lasts,
    inflict: (_, { process }) => {
      process.signal('SIGSTOP');
      return Promise.resolve(() => {
        process.signal('SIGCONT');
        return Promise.resolve();
      });
    },
  };
}

/** Stopped, and continued well before anybody takes it for lost. */
export function frozenBriefly(role: Role): FaultKind {
  return stopped(`${role} stopped for less than the expiry`, role, [0.3, 0.5]);
}

/** Stopped for longer than the expiry, and continued with what it held. */
export function frozen(role: Role, lasts: readonly [number, number] = [1.8, 2.6]): FaultKind {
  return stopped(`${role} stopped for longer than the expiry`, role, lasts);
}

/** Nine tenths of the time it stands still. */
export function slowed(role: Role): FaultKind {
  return {
    name: `${role} at a tenth of its speed`,
    role,
    needs: ['SIGSTOP', 'SIGCONT'],
    lasts: [1.5, 2],
    inflict: (_, { process }) => {
      let goesOn = true;
      const loop = async (): Promise<void> => {
        while (goesOn) {
          process.signal('SIGSTOP');
          await pass(90);
          process.signal('SIGCONT');
          await pass(10);
        }
      };
      const ended = loop();
      return Promise.resolve(async () => {
        goesOn = false;
        await ended;
      });
    },
  };
}

function blocked(name: string, role: Role): FaultKind {
  return {
    name,
    role,
    needs: [],
    lasts: [2.2, 2.6],
    inflict: (cluster, { process }) => {
      process.tell({ order: 'block', ms: Math.round(cluster.expiryMs * 2) });
      return Promise.resolve(() => Promise.resolve());
    },
  };
}

/** A handler computes for longer than the expiry without giving the event loop a chance. */
export const BLOCKED_WORKER = blocked('worker blocked by a handler for longer than the expiry', 'worker');

/** A client's program does, with requests and streams under way. Its connections live on: ZeroMQ has a thread of its own. */
export const BLOCKED_CLIENT = blocked('client blocked by its program for longer than the expiry', 'client');

/** The same while no request is under way; when it is over all ask again at once. */
export function whileIdle(kind: FaultKind): FaultKind {
  return {
    ...kind,
    name: `idle ${kind.name}`,
    prepare: (cluster) => cluster.pause(),
    inflict: async (cluster, target) => {
      const undo = await kind.inflict(cluster, target);
      return async () => {
        await undo();
        cluster.goOn();
      };
    },
  };
}

/** Killed again and again, each time a moment after it is back. */
export const BROKER_RESTART_LOOP: FaultKind = {
  name: 'broker killed 4 times in a row',
  role: 'broker',
  needs: [],
  lasts: [0, 0],
  inflict: async (cluster, target) => {
    let victim = target;
    for (let round = 1; round < 4; round++) {
      await cluster.kill(victim);
      victim = await cluster.startBroker(target.endpoint ?? '');
      await pass(100);
    }
    await cluster.kill(victim);
    return () => replace(cluster, target);
  },
};

/**
 * It is asked to end, and its successor is started: before it, but for a broker's, since both want the same port. A client that is
 * asked to end lets its requests end first.
 */
export function restarted(role: Role): FaultKind {
  return {
    name: `${role} restarted by SIGTERM`,
    role,
    needs: ['SIGTERM'],
    lasts: [0, 0],
    inflict: async (cluster, target) => {
      if (role !== 'broker') await replace(cluster, target);
      await cluster.terminate(target);
      if (role === 'broker') await replace(cluster, target);
      return () => Promise.resolve();
    },
  };
}

const CROWD: Load = { kind: 'call', concurrency: 10_000, count: 1, sizes: [10], workMs: [20], pauseMs: 0 };

/** How many of its requests must wait at the broker before that client is killed. */
const MOST_OF_THE_CROWD = 9_000;

async function queued(cluster: Cluster): Promise<number> {
  const all = await Promise.all(cluster.brokers.map((broker) => cluster.stats(broker)));
  return all.reduce((sum, { stats }) => sum + stats.requests.queued, 0);
}

/** Wait until the brokers hold no more than what others ask for. */
export async function crowdGone(cluster: Cluster): Promise<void> {
  await waitUntil('the queue to be empty', async () => (await queued(cluster)) < 100, 30_000);
}

/**
 * A client that has just made 10,000 requests is killed. It is over when none of them waits at the broker any more, and workers
 * are free again.
 */
export const CLIENT_VANISHES: FaultKind = {
  name: 'client killed with 10,000 requests queued',
  role: 'client',
  needs: [],
  lasts: [0, 0],
  target: async (cluster) => {
    const member = await cluster.startClient([CROWD]);
    await waitUntil('the requests to be queued', async () => (await queued(cluster)) >= MOST_OF_THE_CROWD, 30_000);
    return member;
  },
  inflict: async (cluster, target) => {
    await cluster.kill(target);
    return () => crowdGone(cluster);
  },
};
