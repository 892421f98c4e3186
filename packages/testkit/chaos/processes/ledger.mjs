// SPDX-License-Identifier: Apache-2.0
// ledger - how a process writes its ledger: a line is the system's when record() returns, and on disk when synced() resolves
import { fdatasync, openSync, writeSync } from 'node:fs';
import { settings } from '../../faults/processes/report.mjs';

const file = openSync(settings.ledger, 'a');

/** Write a line. What is written is kept when the process is killed in the next moment. */
export function record(entry) {
  writeSync(file, `${JSON.stringify({ at: Number(process.hrtime.bigint()) / 1e6, ...entry })}\n`);
}

let running;
let next;

function flush() {
  running = new Promise((resolve, reject) => {
    fdatasync(file, (error) => {
      running = undefined;
      if (error === null) resolve();
      else reject(error);
    });
  });
  return running;
}

async function flushAfter(earlier) {
  await earlier;
  next = undefined;
  return flush();
}

/** Wait until everything recorded so far is on disk. Those who ask while the disk is busy share the next turn. */
export function synced() {
  if (running === undefined) return flush();
  next ??= flushAfter(running);
  return next;
}

/** The bytes that belong to a request: they follow from its id, and differ from those of all others. */
export function fillingOf(id, size) {
  return Buffer.alloc(Number(size), `${id};`);
}
