// SPDX-License-Identifier: Apache-2.0
// rabbitmq - RabbitMQ with ports, data and a registry of its own, so that nothing of it meets the system's or outlives a run

import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Child, listening } from './children.js';
import { freePort } from './ports.js';
import { usageOf } from './process-usage.js';
import { can, findProgram, reason, run } from './programs.js';
import type { FoundServer, RunningServer } from './servers.js';
import { notHere } from './servers.js';

/** It takes its time, and more on a machine that is at work. */
const READY_WITHIN_MS = 90_000;
/** What Debian has in the PATH changes the user and reads the system's data; this is what it starts. */
const DEBIAN_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const ERLANG_VERSION = 'io:put_chars(erlang:system_info(otp_release)), halt().';

/** A place for RabbitMQ to live in. */
interface Home {
  readonly folder: string;
  /** What tells RabbitMQ and its tools to live there. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Find RabbitMQ: `rabbitmq-server`, and the `epmd` of its Erlang.
 *
 * @returns it, or why there is none
 */
export async function findRabbitMq(): Promise<FoundServer | string> {
  const elsewhere = notHere();
  if (elsewhere !== undefined) return elsewhere;
  const found = await findProgram('rabbitmq-server');
  if (found === undefined) return 'rabbitmq-server is not installed';
  const epmd = await findProgram('epmd');
  if (epmd === undefined) return "epmd, Erlang's registry of nodes, is not installed";
  const server = (await can(DEBIAN_SERVER)) ? DEBIAN_SERVER : found;
  const home = await openHome(epmd);
  try {
    const env = { ...process.env, ...home.env };
    const version = await run(join(dirname(server), 'rabbitmqctl'), ['version'], { env });
    const erlang = await run('erl', ['-noshell', '-eval', ERLANG_VERSION]);
    const description = `rabbitmq-server ${version.stdout.trim()} on Erlang ${erlang.stdout.trim()}`;
    return { description, start: () => start(server, epmd) };
  } catch (error) {
    return `${server} does not run: ${reason(error)}`;
  } finally {
    await home.close();
  }
}

/** Make a folder for everything that RabbitMQ reads and writes, and start a registry: it would start one that stays. */
async function openHome(epmd: string): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'mdp-bench-rabbitmq-'));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  const port = await freePort();
  const nodes = { ERL_EPMD_PORT: String(port), ERL_EPMD_ADDRESS: '127.0.0.1' };
  const registry = Child.spawn(epmd, ['-port', String(port), '-address', '127.0.0.1'], { env: nodes });
  const close = async (): Promise<void> => {
    await registry.kill();
    process.off('exit', remove);
    remove();
  };
  try {
    await listening(port);
  } catch (error) {
    await close();
    throw error;
  }
  const env = {
    ...nodes,
    HOME: folder,
    RABBITMQ_NODENAME: `${basename(folder)}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  return { folder, env, close };
}

async function start(server: string, epmd: string): Promise<RunningServer> {
  const home = await openHome(epmd);
  const port = await freePort();
  const ports = { RABBITMQ_NODE_PORT: String(port), RABBITMQ_DIST_PORT: String(await freePort()) };
  const child = Child.spawn(server, [], { group: true, env: { ...home.env, ...ports } });
  const stop = async (): Promise<void> => {
    await child.kill();
    await home.close();
  };
  try {
    await listening(port, READY_WITHIN_MS);
    // What was started is a shell; the server is its child.
    const pid = Number(await readFile(join(home.folder, 'pid'), 'utf8'));
    return { endpoint: `amqp://127.0.0.1:${String(port)}`, usage: () => usageOf(pid), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
