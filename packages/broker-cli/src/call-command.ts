// SPDX-License-Identifier: Apache-2.0
// call-command - makes one request, and writes what comes

import { once } from 'node:events';
import type { WireOption } from '@mdp/client';
import { Client } from '@mdp/client';
import type { Dialect, MdpError } from '@mdp/protocol';
import type { BrokerAccess } from './broker-flags.js';
import {
  ANY_DURATION,
  BROKER_FLAGS,
  DIALECT_FLAG,
  WIRE_FLAG,
  readAccess,
  readDialect,
  readFlag,
  readWire,
} from './broker-flags.js';
import { counted } from './counted.js';
import { formatElapsed } from './durations.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, UsageError, errorCode } from './exit-codes.js';
import type { FlagSpec, FlagValues } from './flags.js';
import { readFrames } from './frame-words.js';
import { loadPeerKeys } from './peer-keys.js';
import type { ReplyForm } from './reply-form.js';
import { formatFailure, formatPart } from './reply-form.js';
import { explainFailure } from './request-failure.js';
import { checkServiceName } from './service-values.js';
import type { StopSignal } from './stop-signals.js';
import { forcedExitCode } from './stop-signals.js';
import type { Environment } from './variables.js';
import { WaitingLine } from './waiting-line.js';

/** `mdp-broker call` */
export const CALL_FLAGS: readonly FlagSpec[] = [
  ...BROKER_FLAGS,
  DIALECT_FLAG,
  WIRE_FLAG,
  { name: 'timeout', letter: 't', help: 'How long to wait for the whole reply; 0 for ever', defaultText: '1m' },
  { name: 'idle-timeout', help: 'The longest silence, also between two parts; 0 for any', defaultText: '0' },
  { name: 'attempts', help: 'How often to ask in all; only where the work may be done twice', defaultText: '1' },
  { name: 'id', help: 'A name for the request, which its worker sees; goes by MX', defaultText: 'none' },
  { name: 'hex', help: 'Frames are hexadecimal, here and in the reply', takesValue: false },
  { name: 'json', help: 'Write each part as one line of JSON', takesValue: false },
  { name: 'raw', help: 'Write the bytes of the reply, and nothing between frames', takesValue: false },
  { name: 'verbose', letter: 'V', help: 'Say on stderr how long it took', takesValue: false },
];

/** What to ask, and how to write what comes. */
export interface CallSettings extends BrokerAccess {
  readonly service: string;
  /** The frames as they were written. */
  readonly words: readonly string[];
  readonly dialect: Dialect;
  readonly wire: WireOption;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly attempts: number;
  readonly id: string | undefined;
  readonly form: ReplyForm;
  readonly hex: boolean;
  readonly verbose: boolean;
}

/**
 * Read the command line of `mdp-broker call`.
 *
 * @param words - SERVICE and FRAMEs
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError}
 */
export function readCall(values: FlagValues, env: Environment, words: readonly string[]): CallSettings {
  const [service, ...frames] = words;
  if (service === undefined) throw new UsageError('call wants the name of a service: call SERVICE [FRAME...]');
  checkServiceName('SERVICE', service);
  const hex = values.has('hex');
  const id = values.get('id')?.at(-1);
  return {
    ...readAccess(values, env),
    service,
    words: frames,
    dialect: readDialect(values),
    // Only there it travels.
    wire: readWire(values, id === undefined ? 'auto' : 'mx'),
    timeoutMs: readFlag<number>(values, 'timeout', ANY_DURATION, 60_000),
    idleTimeoutMs: readFlag<number>(values, 'idle-timeout', ANY_DURATION, 0),
    attempts: readFlag<number>(values, 'attempts', { kind: 'count', min: 1, max: 1000 }, 1),
    id,
    form: readForm(values, hex),
    hex,
    verbose: values.has('verbose'),
  };
}

function readForm(values: FlagValues, hex: boolean): ReplyForm {
  if (!values.has('raw')) return values.has('json') ? 'json' : 'text';
  if (hex || values.has('json')) throw new UsageError('--raw: allowed is neither --hex nor --json beside it');
  return 'raw';
}

/**
 * Run `mdp-broker call`: the reply goes to stdout, part by part as it comes; everything else to stderr.
 *
 * @returns 0 when all of it has come; else by the kind of failure, 130 or 143 for a signal
 */
export async function runCall(flags: FlagValues, env: Environment, words: readonly string[]): Promise<ExitCode> {
  const settings = readCall(flags, env, words);
  const { brokers, dialect, wire, timeoutMs, idleTimeoutMs, attempts, id, form } = settings;
  const frames = await readFrames(settings.words, { hex: settings.hex, stdin: process.stdin });
  await using client = new Client(brokers, { dialect, wire, curve: loadPeerKeys(settings.keys) });
  const reply = client.request(settings.service, frames, { timeoutMs, idleTimeoutMs, id, retry: { attempts } });

  const start = performance.now();
  const waiting = new WaitingLine(process.stderr);
  let stopped: StopSignal | undefined;
  const stop = (signal: StopSignal): void => {
    stopped = signal;
    reply.cancel(signal);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const style = { form, hex: settings.hex, terminal: process.stdout.isTTY };
  let parts = 0;
  try {
    let held: Uint8Array | undefined;
    for await (const part of reply) {
      parts += 1;
      waiting.clear();
      if (held !== undefined) await write(held);
      const bytes = formatPart(part, style, performance.now() - start);
      // A stream that says no more than that it has ended makes no line.
      held = parts > 1 && form === 'text' && part.every(({ length }) => length === 0) ? bytes : undefined;
      if (held === undefined) await write(bytes);
      waiting.part();
    }
    waiting.close();
    if (settings.verbose) say(`${counted(parts, 'part')} in ${formatElapsed(performance.now() - start)}`);
    return EXIT_CODES.OK;
  } catch (error) {
    waiting.close();
    if (stopped !== undefined && errorCode(error) === 'MDP_ABORTED') return forcedExitCode(stopped);
    const { text, code } = explainFailure(error, settings, client.stats());
    if (form === 'json') await write(Buffer.from(formatFailure(error as MdpError, performance.now() - start)));
    say(text);
    return code;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function write(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

function say(text: string): void {
  process.stderr.write(`mdp-broker: ${text}\n`);
}
