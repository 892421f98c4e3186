// SPDX-License-Identifier: Apache-2.0
// machine - what the figures were measured on: without it they say nothing

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';
import { version as libzmqVersion } from 'zeromq';

/** What a table of results has to say about where it comes from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly zeromqJs: string;
  readonly libzmq: string;
  /** The version of this project's packages. */
  readonly mdp: string;
  /** The day, as `2026-01-31`. */
  readonly date: string;
}

/** Look at the machine that this process runs on. */
export async function lookAtMachine(): Promise<Machine> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version.slice(1),
    zeromqJs: await versionIn(createRequire(import.meta.url).resolve('zeromq/package.json')),
    libzmq: libzmqVersion,
    mdp: await versionIn(new URL('../package.json', import.meta.url)),
    date: new Date().toISOString().slice(0, 10),
  };
}

async function versionIn(manifest: string | URL): Promise<string> {
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version;
}

/** One paragraph of Markdown. */
export function describeMachine(machine: Machine): string {
  const { cpu, cores, memoryGiB, kernel, node, zeromqJs, libzmq, mdp, date } = machine;
  return (
    `${date}: ${cpu}, ${String(cores)} cores, ${String(memoryGiB)} GiB, ${kernel}; ` +
    `Node.js ${node}, zeromq.js ${zeromqJs} on libzmq ${libzmq}, @mdp ${mdp}.`
  );
}
