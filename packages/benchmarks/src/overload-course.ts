// SPDX-License-Identifier: Apache-2.0
// overload-course - the phases of an overload, and what client and broker hold in each

import type { Usage } from './children.js';
import { Child } from './children.js';
import type { OverloadJob } from './jobs.js';
import type { PhaseResult } from './open-load.js';
import type { RunningServer } from './servers.js';

const SAMPLE_MS = 250;
/** How much longer than planned a process may take, in milliseconds. */
export const GRACE_MS = 60_000;

/** What a process held in each phase, in bytes: the most, but after the overload what it held in the end. */
export interface Held {
  readonly process: string;
  readonly before: Usage;
  readonly during: Usage;
  readonly after: Usage;
}

/** Let the phases run, and look at the memory of client and broker meanwhile. */
export async function course(
  job: OverloadJob & { readonly type: 'open' },
  server: RunningServer,
): Promise<{ results: readonly PhaseResult[]; held: Held[] }> {
  const client = Child.fork('overload-client-process', [JSON.stringify(job)]);
  try {
    let over = false;
    let index = -1;
    const inAllMs = job.phases.reduce((sum, { seconds }) => sum + seconds * 1000, GRACE_MS);
    const end = client.message('course', inAllMs).finally(() => {
      over = true;
    });
    const followed = (async () => {
      while (index < job.phases.length - 1) ({ index } = await client.message('phase', inAllMs));
    })();
    const samples: { index: number; client: Usage; broker: Usage }[] = [];
    const sampled = (async () => {
      for (; !over; await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))) {
        const [ofClient, ofBroker] = await Promise.all([client.usage(), server.usage()]);
        if (index >= 0) samples.push({ index, client: ofClient, broker: ofBroker });
      }
    })();
    const [{ phases }] = await Promise.all([end, followed, sampled]);
    const held = (['client', 'broker'] as const).map((process): Held => {
      const of = (phase: number): Usage[] => samples.filter((one) => one.index === phase).map((one) => one[process]);
      return { process, before: most(of(0)), during: most(of(1)), after: most(of(2).slice(-1)) };
    });
    return { results: phases, held };
  } finally {
    await client.kill();
  }
}

function most(usages: readonly Usage[]): Usage {
  return {
    cpuUs: NaN,
    rssBytes: Math.max(...usages.map(({ rssBytes }) => rssBytes)),
    heapBytes: Math.max(...usages.map(({ heapBytes = NaN }) => heapBytes)),
  };
}
