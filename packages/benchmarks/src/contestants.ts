// SPDX-License-Identifier: Apache-2.0
// contestants - the brokers that are measured side by side, each in a process of its own

import type { BrokerOptions } from '@mdp/broker';
import type { Dialect } from '@mdp/protocol';
import { Child, listening } from './children.js';
import type { Majortomo } from './majortomo.js';
import { freePort } from './ports.js';

/** A broker that runs. */
export interface RunningBroker {
  readonly child: Child;
  /** `tcp://127.0.0.1:port` */
  readonly endpoint: string;
  /** Set where it is loaded over MX, whatever the dialect of the load. */
  readonly wire?: 'mx';
}

/** A kind of broker. */
export interface Contestant {
  readonly name: string;
  /** Start one; whoever starts it kills it. */
  start(dialect: Dialect): Promise<RunningBroker>;
}

async function started(child: Child): Promise<RunningBroker> {
  try {
    return { child, endpoint: (await child.message('ready')).endpoint };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

/** The loop that only forwards: see `bare-router.ts`. */
export const BARE: Contestant = {
  name: 'bare ROUTER loop',
  start: (dialect) => started(Child.fork('bare-router', [dialect])),
};

/** The broker of this project. */
export const MDP: Contestant = mdpWith({});

/** The same, loaded over MX. */
export const MDP_MX: Contestant = overMx(MDP);

/** The broker of this project with options other than its defaults. */
export function mdpWith(options: Omit<BrokerOptions, 'endpoints'>): Contestant {
  return { name: '@mdp/broker', start: () => started(Child.fork('broker-process', [JSON.stringify(options)])) };
}

/** A broker of this project whose workers and clients speak MX. */
export function overMx(contestant: Contestant): Contestant {
  return {
    name: `${contestant.name}, mx`,
    start: async (dialect) => ({ ...(await contestant.start(dialect)), wire: 'mx' }),
  };
}

/** Majortomo's broker as it comes, which speaks its own dialect only. It writes a line of log for each reply. */
export function majortomoContestant({ python }: Majortomo): Contestant {
  return { name: 'Majortomo', start: () => startMajortomo(python, RUN_MAJORTOMO) };
}

/** The same with its log turned off. */
export function silentMajortomoContestant({ python }: Majortomo): Contestant {
  return { name: 'Majortomo, log off', start: () => startMajortomo(python, `${SILENCE}\n${RUN_MAJORTOMO}`) };
}

const RUN_MAJORTOMO = 'from majortomo.broker import main\nmain()';
const SILENCE = 'import logging\nlogging.disable(logging.CRITICAL)';

async function startMajortomo(python: string, program: string): Promise<RunningBroker> {
  const port = await freePort();
  const endpoint = `tcp://127.0.0.1:${String(port)}`;
  const child = Child.spawn(python, ['-c', program, '-b', endpoint]);
  try {
    await listening(port);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return { child, endpoint };
}
