// SPDX-License-Identifier: Apache-2.0
// bare-router - the ceiling: a ROUTER that forwards the frames of MDP by a fixed table and knows nothing else
//
// It moves exactly the frames that a broker moves, between the same peers, and does nothing that makes a broker: no
// service, no check, no token, no state of a worker, no heartbeat, no queue but a ring. What a broker needs beyond this
// is what its protocol costs. Usage (by the harness): bare-router DIALECT

import { Router } from 'zeromq';
import { bytes, CLIENT_COMMANDS, COMMAND_FRAMES, HEADERS, WORKER_COMMANDS } from '@mdp/protocol';
import type { Dialect } from '@mdp/protocol';
import { argument, report, serveHarness } from './child-process.js';

/** The most messages that are taken in one turn of the loop. */
const TURN = 256;
/** Places in each ring: more than there are workers or requests at once. */
const RING = 16_384;
const MASK = RING - 1;
const CAPITAL_C = 0x43;

const dialect = argument(0) as Dialect;
const service = bytes('echo');
const empty = new Uint8Array(0);
/** Where the header stands: behind the routing id, and behind the empty frame where the dialect has one. */
const header = dialect === 'rfc18' ? 1 : 2;
const clientHeader = dialect === 'mdp01' ? HEADERS.client01 : HEADERS.client02;
const workerHeader = dialect === 'mdp01' ? HEADERS.worker01 : HEADERS.worker02;
const commands = WORKER_COMMANDS[dialect];
const toWorker = COMMAND_FRAMES[commands.request] as Uint8Array;
const toClient = COMMAND_FRAMES[CLIENT_COMMANDS[dialect].final ?? 0] as Uint8Array;
/** Where the body of a request stands: MDP/0.1 clients send no command. */
const requestBody = dialect === 'mdp01' ? header + 2 : header + 3;

const socket = new Router({ mandatory: true, sendTimeout: 0, linger: 0 });
/** What cannot be sent is a lost request, and the load generator counts those. */
const ignore = (): void => undefined;

const workers = new Array<Uint8Array>(RING).fill(empty);
let firstWorker = 0;
let lastWorker = 0;
const none: readonly Uint8Array[] = [];
const requests = new Array<readonly Uint8Array[]>(RING).fill(none);
let firstRequest = 0;
let lastRequest = 0;

function dispatch(worker: Uint8Array, request: readonly Uint8Array[]): void {
  const client = request[0] as Uint8Array;
  const body = request[requestBody] as Uint8Array;
  socket
    .send(
      header === 1
        ? [worker, workerHeader, toWorker, client, empty, body]
        : [worker, empty, workerHeader, toWorker, client, empty, body],
    )
    .catch(ignore);
}

function answer(client: Uint8Array, body: Uint8Array): void {
  let frames;
  if (dialect === 'rfc18') frames = [client, clientHeader, toClient, service, body];
  else if (dialect === 'majortomo') frames = [client, empty, clientHeader, toClient, body];
  else frames = [client, empty, clientHeader, service, body];
  socket.send(frames).catch(ignore);
}

function forward(frames: readonly Uint8Array[]): void {
  const peer = frames[0] as Uint8Array;
  if (frames[header]?.[3] === CAPITAL_C) {
    if (firstWorker === lastWorker) {
      requests[lastRequest++ & MASK] = frames;
      return;
    }
    const at = firstWorker++ & MASK;
    const worker = workers[at] as Uint8Array;
    // Places are emptied: what is not garbage soon makes every garbage collection slow.
    workers[at] = empty;
    dispatch(worker, frames);
    return;
  }
  const command = frames[header + 1]?.[0];
  if (command === commands.final) {
    answer(frames[header + 2] as Uint8Array, frames[header + 4] as Uint8Array);
    if (firstRequest === lastRequest) workers[lastWorker++ & MASK] = peer;
    else {
      const at = firstRequest++ & MASK;
      dispatch(peer, requests[at] as readonly Uint8Array[]);
      requests[at] = none;
    }
  } else if (command === commands.ready) {
    workers[lastWorker++ & MASK] = peer;
  }
}

serveHarness();
await socket.bind('tcp://127.0.0.1:*');
report({ type: 'ready', endpoint: socket.lastEndpoint ?? '' });
for (;;) {
  forward(await socket.receive());
  socket.receiveTimeout = 0;
  try {
    for (let i = 0; i < TURN; i++) forward(await socket.receive());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  socket.receiveTimeout = -1;
}
