// SPDX-License-Identifier: Apache-2.0
// majortomo - Majortomo's broker, worker and client as processes, driven by small scripts over its public classes

import { resolve } from 'node:path';
import { TestProcess, freePort } from '@mdp/testkit';
import type { BrokerSide, ClientSide, Part, WorkerSide } from './sides.js';

/** Heartbeats in seconds, as Majortomo has them. Chosen so that they are exact in binary. */
export interface Heartbeats {
  readonly heartbeat: number;
  readonly timeout: number;
}

function driver(python: string, name: string, settings: object): TestProcess {
  const script = resolve('packages', 'testkit', 'interop', 'peers', `${name}.py`);
  return new TestProcess(python, [script, JSON.stringify(settings)], { env: { PYTHONDONTWRITEBYTECODE: '1' } });
}

/** Start Majortomo's broker; on a given port, or on one that is free. */
export async function majortomoBroker(
  python: string,
  options: Partial<Heartbeats> & { readonly endpoint?: string } = {},
): Promise<BrokerSide & { readonly process: TestProcess }> {
  const endpoint = options.endpoint ?? `tcp://127.0.0.1:${String(await freePort())}`;
  const process = driver(python, 'broker', { ...options, endpoint });
  await process.event('listening');
  return {
    title: 'the broker of Majortomo',
    endpoint,
    process,
    close: async () => {
      await process.kill();
    },
  };
}

/** A worker of Majortomo, with what it reports. */
export type MajortomoWorker = WorkerSide & {
  readonly process: TestProcess;
  /** How many jobs with this command it has begun. */
  readonly jobs: (command: string) => number;
};

/** Start a worker of Majortomo. */
export async function majortomoWorker(
  python: string,
  endpoint: string,
  service: string,
  heartbeats?: Heartbeats,
): Promise<MajortomoWorker> {
  const process = driver(python, 'worker', { endpoint, service, ...heartbeats });
  await process.event('connected');
  return {
    process,
    jobs: (command) => process.events('job').filter((event) => event['command'] === command).length,
    close: async () => {
      await process.kill();
    },
  };
}

/** Start a client of Majortomo. It does what it is told one after the other. */
export async function majortomoClient(python: string, endpoint: string): Promise<ClientSide> {
  const process = driver(python, 'client', { endpoint });
  await process.event('connected');
  let told = 0;

  const tell = (service: string, frames: readonly string[], timeoutMs: number): number => {
    process.tell({ service, frames, timeout: timeoutMs / 1000 });
    return ++told;
  };
  const outcome = async (nth: number, timeoutMs: number): Promise<Part[]> => {
    // A reply or a timeout: both are events, and both come in the order of the requests.
    const events = (): ReturnType<TestProcess['events']> =>
      process.events().filter(({ event }) => event === 'reply' || event === 'timeout');
    const found = await process.until(`outcome ${String(nth)}`, () => events()[nth - 1], timeoutMs + 10_000);
    if (found.event === 'timeout') throw new Error('timeout');
    return found['parts'] as Part[];
  };

  return {
    ask: (service, frames, timeoutMs = 30_000) => outcome(tell(service, frames, timeoutMs), timeoutMs),
    askInTurn: async (service, requests) => {
      const first = told;
      for (const frames of requests) tell(service, frames, 30_000);
      await outcome(told, 60_000);
      return Promise.all(requests.map((_, i) => outcome(first + i + 1, 0)));
    },
    close: async () => {
      await process.kill();
    },
  };
}
