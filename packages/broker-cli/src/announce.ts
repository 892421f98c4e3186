// SPDX-License-Identifier: Apache-2.0
// announce - what the command says of a broker that has begun to serve

import type { Log } from './logger.js';
import { printable } from './printable.js';
import type { Listening } from './served-broker.js';
import { inThread } from './thread-log.js';
import { OWN_KEY, programCommand, thisInvocation, tryItCommands } from './try-it.js';

/**
 * Say where it listens and to whom, with several threads what to give clients and workers, and what is open that may not be
 * meant to be.
 *
 * @param publicKey - the broker's, if it has one
 * @param forPeople - whether to say what to type to try it, too
 */
export function announce(
  listening: readonly Listening[],
  publicKey: string | undefined,
  log: Log,
  forPeople: boolean,
): void {
  const threads = listening[0]?.endpoints.length ?? 0;
  const about = (one: Listening): string => `${onlyFor(one)}${howEncrypted(one, publicKey)}`;
  for (const one of listening) {
    const { role, curve, allow, services } = one;
    one.endpoints.forEach((endpoint, i) => {
      const to = threads > 1 ? inThread(log, i + 1) : log;
      const fields = { endpoint, role, curve, allow, services };
      to.log('info', 'listening', `listening on ${printable(endpoint)}${about(one)}`, fields);
    });
  }
  if (threads > 1) {
    const lists = listening.map((one) => `${printable(one.endpoints.join(' '), Infinity)}${about(one)}`);
    const rule = `each of the ${String(threads)} threads knows only who connects to it: give every client and worker all endpoints of a line`;
    log.log('info', 'threads', [`${rule}:`, ...lists.map(indent)].join('\n'), { threads, lists: listening });
  }
  if (publicKey !== undefined) {
    log.log('info', 'publicKey', `its public key, which clients and workers need: ${publicKey}`, { publicKey });
    warnOfOpenDoors(listening, log);
  }
  if (!forPeople || !log.enabled('info')) return;
  const commands = tryItCommands(listening, programCommand(thisInvocation()), publicKey);
  if (commands.length === 0) return;
  const withKey = commands.some((command) => command.endsWith(OWN_KEY)) ? `, with a key that is allowed` : '';
  const lines = [`to try it, run each of these in a terminal of its own${withKey}:`, ...commands.map(indent)];
  log.log('info', 'tryIt', lines.join('\n'));
}

/** Who encrypts wants to keep somebody out: what does not, though it looks as if, is said. */
function warnOfOpenDoors(listening: readonly Listening[], log: Log): void {
  const shown = (list: readonly Listening[]): string =>
    printable(list.flatMap(({ endpoints }) => endpoints).join(' '), 500);
  const anyKey = listening.filter(({ curve, allow }) => curve && !allow);
  if (anyKey.length > 0) {
    const who = `whoever knows its public key may connect to ${shown(anyKey)}`;
    log.log('warn', 'anyKey', `${who}: say with --allow whose keys may`, { lists: anyKey });
  }
  const plain = listening.filter(({ curve, endpoints }) => !curve && !endpoints.every(isLocal));
  if (plain.length > 0 && listening.some(({ curve }) => curve)) {
    const what = `${shown(plain)} is not encrypted, asks nobody for a key, and can be reached from other machines`;
    log.log('warn', 'notEncrypted', what, { lists: plain });
  }
}

/** Whether an endpoint that is bound can be reached from this machine only. */
export function isLocal(endpoint: string): boolean {
  return !endpoint.startsWith('tcp:') || /^tcp:\/\/(?:127\.|localhost:|\[::1\]|\[::ffff:127\.)/.test(endpoint);
}

function onlyFor({ role, services }: Listening): string {
  const limits = [
    ...(role === 'any' ? [] : [`${role}s only`]),
    ...(services === undefined ? [] : [`services ${printable(services.join(' '))}`]),
  ];
  return limits.length === 0 ? '' : ` for ${limits.join(', ')}`;
}

/** Nothing where nothing is encrypted. */
function howEncrypted({ curve, allow }: Listening, publicKey: string | undefined): string {
  if (publicKey === undefined) return '';
  if (!curve) return ' (not encrypted)';
  return allow ? ' (encrypted, for keys that are allowed)' : ' (encrypted, for any key)';
}

function indent(line: string): string {
  return `  ${line}`;
}
