// SPDX-License-Identifier: Apache-2.0
// servers - what stands between a client and a worker: started anew for each measurement, on loopback only

import type { Usage } from './children.js';
import { Child, listening } from './children.js';
import { freePort } from './ports.js';
import { usageOf } from './process-usage.js';
import { findProgram, reason, run } from './programs.js';

/** A server that runs. */
export interface RunningServer {
  /** Where clients and workers find it, in the words of its own client. */
  readonly endpoint: string;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** A server that can be started. */
export interface Server {
  start(): Promise<RunningServer>;
}

/** One that was found on this machine. */
export interface FoundServer extends Server {
  /** Its name and version, for people. */
  readonly description: string;
}

/** Why a foreign server cannot be measured here; nothing where it can. */
export function notHere(): string | undefined {
  return process.platform === 'linux' ? undefined : 'what a server uses is only told by Linux';
}

/** A server that is a process of this package. */
export function ownServer(script: string, args: readonly string[] = []): Server {
  return {
    async start() {
      const child = Child.fork(script, args);
      try {
        const { endpoint } = await child.message('ready');
        return { endpoint, usage: () => child.usage(), stop: () => child.kill() };
      } catch (error) {
        await child.kill();
        throw error;
      }
    },
  };
}

/**
 * Find NATS: `nats-server`.
 *
 * @param scheme - what its client wants before the address
 * @returns it, or why there is none
 */
export async function findNats(scheme: '' | 'nats://'): Promise<FoundServer | string> {
  const elsewhere = notHere();
  if (elsewhere !== undefined) return elsewhere;
  const program = await findProgram('nats-server');
  if (program === undefined) return 'nats-server is not installed';
  try {
    const { stdout } = await run(program, ['--version']);
    return { description: stdout.trim().replace(': v', ' '), start: () => startNats(program, scheme) };
  } catch (error) {
    return `${program} does not run: ${reason(error)}`;
  }
}

async function startNats(program: string, scheme: string): Promise<RunningServer> {
  const port = await freePort();
  const child = Child.spawn(program, ['--addr', '127.0.0.1', '--port', String(port)]);
  try {
    await listening(port);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return {
    endpoint: `${scheme}127.0.0.1:${String(port)}`,
    usage: () => usageOf(child.pid),
    stop: () => child.kill(),
  };
}
