// SPDX-License-Identifier: Apache-2.0
// servers - what stands between a client and a worker: started anew for each measurement, on loopback only

import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Usage } from './children.js';
import { Child, listening } from './children.js';
import { freePort } from './ports.js';
import { usageOf } from './process-usage.js';
import { can, findProgram, reason, run } from './programs.js';

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

/** RabbitMQ takes its time, and more on a machine that is at work. */
const RABBITMQ_WITHIN_MS = 90_000;

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

/** The programs that RabbitMQ needs. */
interface Rabbit {
  readonly server: string;
  readonly epmd: string;
}

/**
 * Find RabbitMQ: `rabbitmq-server`, and the `epmd` of its Erlang.
 *
 * @returns it, or why there is none
 */
export async function findRabbitMq(): Promise<FoundServer | string> {
  const found = await findProgram('rabbitmq-server');
  if (found === undefined) return 'rabbitmq-server is not installed';
  const epmd = await findProgram('epmd');
  if (epmd === undefined) return "epmd, Erlang's registry of nodes, is not installed";
  // What Debian has in the PATH changes the user and reads the system's data; this is what it starts.
  const debian = '/usr/lib/rabbitmq/bin/rabbitmq-server';
  const server = (await can(debian)) ? debian : found;
  try {
    const version = await run(join(dirname(server), 'rabbitmqctl'), ['version'], { env: environment(tmpdir()) });
    const erlang = await run('erl', ['-noshell', '-eval', 'io:put_chars(erlang:system_info(otp_release)), halt().']);
    const description = `rabbitmq-server ${version.stdout.trim()} on Erlang ${erlang.stdout.trim()}`;
    return { description, start: () => startRabbitMq({ server, epmd }) };
  } catch (error) {
    return `${server} does not run: ${reason(error)}`;
  }
}

/** Everything that RabbitMQ reads and writes is in one folder, and nothing of the system's. */
function environment(folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
  };
}

async function startRabbitMq({ server, epmd }: Rabbit): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mdp-bench-rabbitmq-'));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  const [port, distPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  const nodes = { ERL_EPMD_PORT: String(epmdPort), ERL_EPMD_ADDRESS: '127.0.0.1' };
  // Without one of ours, RabbitMQ would start one that outlives it.
  const registry = Child.spawn(epmd, ['-port', String(epmdPort), '-address', '127.0.0.1'], { env: nodes });
  const child = Child.spawn(server, [], {
    group: true,
    env: {
      ...environment(folder),
      ...nodes,
      RABBITMQ_NODENAME: `${basename(folder)}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distPort),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    },
  });
  const stop = async (): Promise<void> => {
    await child.kill();
    await registry.kill();
    process.off('exit', remove);
    remove();
  };
  try {
    await listening(port, RABBITMQ_WITHIN_MS);
    // What was started is a shell; the server is its child.
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    return { endpoint: `amqp://127.0.0.1:${String(port)}`, usage: () => usageOf(pid), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
