// SPDX-License-Identifier: Apache-2.0
// try-it - what to type in a second terminal to see the broker work

import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { DEFAULT_ENDPOINT } from '@mdp/protocol';
import { errorCode } from './exit-codes.js';
import { PEER_DEFAULTS } from './peer-flags.js';
import type { Listening } from './served-broker.js';

const BIN = 'mdp-broker';

/** What a command ends with that needs a key of its own: whose, only the reader knows. */
export const OWN_KEY = '--key NAME.key_secret';

/** How this program was started. */
export interface Invocation {
  /** The script as Node.js was given it. */
  readonly script: string;
  readonly cwd: string;
  readonly path: string;
  readonly platform: NodeJS.Platform;
}

/** How this very process was started. */
export function thisInvocation(): Invocation {
  const { argv, platform, env } = process;
  return { script: argv[1] ?? BIN, cwd: process.cwd(), path: env['PATH'] ?? '', platform };
}

function resolved(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return realpathSync(file);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Whether a folder has the command: as a link to our script, or on Windows as a wrapper. */
function offers(folder: string, invocation: Invocation): boolean {
  if (invocation.platform === 'win32') return resolved(join(folder, `${BIN}.cmd`)) !== undefined;
  const target = resolved(join(folder, BIN));
  return target !== undefined && target === resolved(invocation.script);
}

function* upwards(folder: string): Generator<string> {
  yield folder;
  if (dirname(folder) !== folder) yield* upwards(dirname(folder));
}

/**
 * The command that runs this program again, from the same folder: `npx mdp-broker` where it is installed in a project,
 * `mdp-broker` where the shell finds it, else the script itself.
 */
export function programCommand(invocation: Invocation): string {
  for (const folder of upwards(invocation.cwd)) {
    if (offers(join(folder, 'node_modules', '.bin'), invocation)) return `npx ${BIN}`;
  }
  // npx without an installation keeps the package in a cache that a second terminal knows nothing of.
  if (/[\\/]_npx[\\/]/.test(invocation.script)) return 'npx @mdp/broker-cli';
  const found = invocation.path.split(delimiter).some((folder) => folder !== '' && offers(folder, invocation));
  return found ? BIN : `node ${relative(invocation.cwd, invocation.script)}`;
}

/** Where a peer on this machine connects to for an endpoint that may be bound on every interface. */
export function connectEndpoint(bound: string): string {
  return bound.replace(/^tcp:\/\/(?:0\.0\.0\.0|\*|\[::\]|\[::0\]|::)(?=:\d+$)/, 'tcp://127.0.0.1');
}

/** Whether services that an endpoint names are all, or hold the one that the echo worker offers. */
function serves({ services }: Listening): boolean {
  const echo = PEER_DEFAULTS.service;
  return services?.some((name) => (name.endsWith('*') ? echo.startsWith(name.slice(0, -1)) : name === echo)) ?? true;
}

/**
 * A worker and a client for a broker that listens there; each is given the endpoints of all threads.
 *
 * @param publicKey - the broker's, if it has one
 * @returns two commands, or none where no other process can connect (`inproc`, or no endpoint for one of the two that
 * serves it)
 */
export function tryItCommands(listening: readonly Listening[], program: string, publicKey?: string): string[] {
  const reachable = listening.filter(
    (one) => serves(one) && one.endpoints.every((endpoint) => !endpoint.startsWith('inproc:')),
  );
  const commands = (['worker', 'client'] as const).map((role) => {
    const one = reachable.find((candidate) => candidate.role === 'any' || candidate.role === role);
    if (one === undefined) return undefined;
    const endpoints = one.endpoints.map(connectEndpoint);
    const isDefault = endpoints.length === 1 && endpoints[0] === DEFAULT_ENDPOINT;
    const options = isDefault ? [] : endpoints.map((endpoint) => ` -b ${shellWord(endpoint)}`);
    const keys = one.curve && publicKey !== undefined ? ` --server-key ${shellWord(publicKey)}` : '';
    return `${program} echo ${role}${options.join('')}${keys}${one.allow ? ` ${OWN_KEY}` : ''}`;
  });
  return commands.every((command) => command !== undefined) ? commands : [];
}

/** A word as a POSIX shell takes it. */
export function shellWord(word: string): string {
  return /^[\w:/.@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
