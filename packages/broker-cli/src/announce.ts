// SPDX-License-Identifier: Apache-2.0
// announce - what the command says of a broker that has begun to serve

import type { Log } from './logger.js';
import { printable } from './printable.js';
import type { Listening } from './served-broker.js';
import { inThread } from './thread-log.js';
import { programCommand, thisInvocation, tryItCommands } from './try-it.js';

/**
 * Say where it listens, and with several threads what to give clients and workers.
 *
 * @param forPeople - whether to say what to type to try it, too
 */
export function announce(listening: readonly Listening[], log: Log, forPeople: boolean): void {
  const threads = listening[0]?.endpoints.length ?? 0;
  for (const { role, endpoints } of listening) {
    endpoints.forEach((endpoint, i) => {
      const to = threads > 1 ? inThread(log, i + 1) : log;
      to.log('info', 'listening', `listening on ${printable(endpoint)}${onlyFor(role)}`, { endpoint, role });
    });
  }
  if (threads > 1) {
    const lists = listening.map(({ role, endpoints }) => `${printable(endpoints.join(' '), Infinity)}${onlyFor(role)}`);
    const rule = `each of the ${String(threads)} threads knows only who connects to it: give every client and worker all endpoints of a line`;
    log.log('info', 'threads', [`${rule}:`, ...lists.map(indent)].join('\n'), { threads, lists: listening });
  }
  if (!forPeople || !log.enabled('info')) return;
  const commands = tryItCommands(listening, programCommand(thisInvocation()));
  if (commands.length === 0) return;
  const lines = ['to try it, run each of these in a terminal of its own:', ...commands.map(indent)];
  log.log('info', 'tryIt', lines.join('\n'));
}

function onlyFor(role: Listening['role']): string {
  return role === 'any' ? '' : ` for ${role}s only`;
}

function indent(line: string): string {
  return `  ${line}`;
}
