// SPDX-License-Identifier: Apache-2.0
// codec - what reading and writing each command costs, without any socket

import type { Dialect, Frame } from '@mdp/protocol';
import {
  DIALECTS,
  TokenMint,
  decodeAtBroker,
  decodeAtClient,
  decodeAtWorker,
  encodeClientReply,
  encodeRequest,
  encodeServiceName,
  encodeWorkerReply,
  encodeWorkerRequest,
} from '@mdp/protocol';
import type { Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import type { SuiteContext } from './suite.js';
import { medianOf } from './suite.js';
import { renderTable, shown } from './table.js';

/** The shortest time that one round of one operation is measured for, in milliseconds. */
const ROUND_MS = 50;
const BATCH = 2000;
const BODY_BYTES = 32;

/** An operation; what it returns is looked at, so that V8 cannot leave it out. */
type Operation = () => { readonly length?: number; readonly type?: string };

/** The steps of one request, in its order. Frames as they come from a ROUTER start with the routing id. */
function operations(dialect: Dialect): Record<string, Operation> {
  const service = encodeServiceName('echo');
  const body: Frame[] = [new Uint8Array(BODY_BYTES)];
  const id: Frame = Uint8Array.of(0, 1, 2, 3, 4);
  const token = new TokenMint(new Uint8Array(8)).next();
  const envelope: Frame[] = dialect === 'rfc18' ? [id] : [id, new Uint8Array(0)];
  const request = encodeRequest(dialect, service, body);
  const toWorker = encodeWorkerRequest(dialect, envelope, token, body);
  const reply = encodeWorkerReply(dialect, 'final', token, body);
  const toClient = encodeClientReply(dialect, envelope, 'final', service, body);
  const requestAtBroker = [id, ...request];
  const atWorker = toWorker.slice(1);
  const replyAtBroker = [id, ...reply];
  const atClient = toClient.slice(1);
  return {
    'client writes REQUEST': () => encodeRequest(dialect, service, body),
    'broker reads REQUEST': () => decodeAtBroker(requestAtBroker, 1),
    'broker writes REQUEST': () => encodeWorkerRequest(dialect, envelope, token, body),
    'worker reads REQUEST': () => decodeAtWorker(dialect, atWorker),
    'worker writes FINAL': () => encodeWorkerReply(dialect, 'final', token, body),
    'broker reads FINAL': () => decodeAtBroker(replyAtBroker, 1),
    'broker writes FINAL': () => encodeClientReply(dialect, envelope, 'final', service, body),
    'client reads FINAL': () => decodeAtClient(dialect, atClient),
  };
}

/** Nanoseconds of one call, over at least {@link ROUND_MS}. */
function nanoseconds(operation: Operation): number {
  let calls = 0;
  let seen = 0;
  const begin = performance.now();
  let now = begin;
  while (now - begin < ROUND_MS) {
    for (let i = 0; i < BATCH; i++) {
      const result = operation();
      if (result.type === 'invalid') throw new Error('the codec does not read what it wrote');
      seen += result.length ?? 1;
    }
    calls += BATCH;
    now = performance.now();
  }
  if (seen < calls) throw new Error('an operation gave nothing');
  return ((now - begin) * 1e6) / calls;
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function codecSuite({ given, progress }: SuiteContext): Promise<string> {
  const columns = DIALECTS.map((dialect) =>
    Object.entries(operations(dialect)).map(([name, operation]): Trial<number> => ({
      name: `${dialect}: ${name}`,
      measure: () => Promise.resolve(nanoseconds(operation)),
    })),
  );
  // A round of its own first, unheard: every operation is compiled before any is measured.
  await measureInRounds(columns, 1, () => undefined);
  const findings = await measureInRounds(columns, given.rounds, progress);
  const rows = Object.keys(operations('rfc18')).map((name, row) => [
    `${name}, ns`,
    ...columns.map((trials) => {
      const trial = trials[row];
      return shown(trial === undefined ? undefined : medianOf(findings, trial, (ns) => ns));
    }),
  ]);
  return renderTable([{ title: 'step', align: 'left' }, ...DIALECTS.map((title) => ({ title }))], rows);
}
