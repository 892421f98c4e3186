// SPDX-License-Identifier: Apache-2.0
// cli - runs mdp-broker as a process, as a user does

import { fileURLToPath } from 'node:url';
import type { ProcessOptions } from '@mdp/testkit';
import { TestProcess, waitUntil } from '@mdp/testkit';

/** The script that npm links as `mdp-broker`. */
export const BIN = fileURLToPath(new URL('../../bin/mdp-broker.js', import.meta.url));

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Signals that a process can catch do not exist on Windows. */
export const HAS_SIGNALS = process.platform !== 'win32';

function quiet(options: ProcessOptions): ProcessOptions {
  // The variables of whoever runs the tests are no part of them.
  const foreign = Object.keys(process.env).filter((name) => name.startsWith('MDP_'));
  return { ...options, env: { ...Object.fromEntries(foreign.map((name) => [name, undefined])), ...options.env } };
}

/** Start it, and leave it running. */
export function startCli(args: readonly string[], options: ProcessOptions = {}): TestProcess {
  return TestProcess.node(BIN, args, quiet(options));
}

/**
 * Start it by a shell, with its standard streams elsewhere. Not on Windows.
 *
 * @param redirection - as shells have it: `2>/dev/full`
 */
export function startRedirected(
  redirection: string,
  args: readonly string[],
  options: ProcessOptions = {},
): TestProcess {
  const line = `exec "$@" ${redirection}`;
  return new TestProcess('sh', ['-c', line, 'sh', process.execPath, BIN, ...args], quiet(options));
}

/** What came of a command that ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run it to its end, which must come before the test's. */
export async function runCli(args: readonly string[], options: ProcessOptions = {}): Promise<CliResult> {
  await using child = startCli(args, options);
  child.endInput();
  await waitUntil(`the end of mdp-broker ${args.join(' ')}`, () => !child.alive);
  const { code } = await child.exited;
  return { code, stdout: child.stdout, stderr: child.stderr };
}

/** Wait for a line on stderr. */
export async function said(child: TestProcess, what: string | RegExp): Promise<RegExpExecArray> {
  const pattern = typeof what === 'string' ? new RegExp(what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : what;
  return waitUntil(`${String(what)} on stderr`, () => {
    const found = pattern.exec(child.stderr);
    if (found === null && !child.alive) throw new Error(`it ended without saying ${String(what)}: ${child.stderr}`);
    return found;
  });
}

/** A broker as a process on a port of its own. */
export interface RunningBroker extends AsyncDisposable {
  readonly process: TestProcess;
  readonly endpoint: string;
}

/** Start a broker on any free port and wait until it listens. */
export async function startBroker(args: readonly string[] = [], options: ProcessOptions = {}): Promise<RunningBroker> {
  const child = startCli(['-b', 'tcp://127.0.0.1:*', ...args], options);
  try {
    const [, endpoint = ''] = await said(child, /listening on (tcp:\/\/[^ "\n]+)/);
    return { process: child, endpoint, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
  } catch (error) {
    // Nobody else would end it, and it would keep the test runner.
    await child.kill();
    throw error;
  }
}
