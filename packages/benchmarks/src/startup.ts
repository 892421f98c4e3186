// SPDX-License-Identifier: Apache-2.0
// startup - how long it takes from the start of Node.js until something has happened

import type { Disturbed } from './quiet.js';
import { machineTime, othersShare } from './quiet.js';
import type { Trial } from './rounds.js';
import { run } from './programs.js';

/** The longest that a start may take, in milliseconds. */
const WITHIN_MS = 20_000;
/** Tells the time since Node.js started, and ends. */
const DONE = `
const ms = performance.now();
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ ms, cpuUs: user + system }), () => process.exit());`;

/** Does nothing: what of every start is Node.js itself. */
export const NOTHING = DONE;

/** Only loads a package. */
export function loading(name: string): string {
  return `await import(${JSON.stringify(name)});${DONE}`;
}

/** Broker, worker and client in one process, until the client has its first reply. */
export const FIRST_REPLY = `
import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { Worker } from '@mdp/worker';
const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;
await new Worker(endpoint, 'echo', (request) => request.body).start();
const [reply] = await new Client(endpoint).request('echo', 'hello');
if (reply.toString() !== 'hello') throw new Error('the reply is not the request');${DONE}`;

/** How long one start took. */
export interface Start extends Disturbed {
  readonly ms: number;
}

/**
 * Measure a start.
 *
 * @param folder - where it finds its packages
 * @param program - an ES module that tells its time when it has happened
 */
export function startTrial(name: string, folder: string, program: string): Trial<Start> {
  return {
    name,
    async measure() {
      const before = machineTime();
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
        cwd: folder,
        timeout: WITHIN_MS,
        killSignal: 'SIGKILL',
      });
      const { ms, cpuUs } = JSON.parse(stdout) as { ms: number; cpuUs: number };
      return { ms, othersShare: othersShare(before, machineTime(), cpuUs / 1000) };
    },
  };
}
