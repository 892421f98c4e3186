// SPDX-License-Identifier: Apache-2.0
// pigato-process - PIGATO's broker in a process of its own. Usage (by the harness): pigato-process FOLDER

import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { argument, report, serveHarness } from './child-process.js';
import { foreign } from './peers/peer.js';
import { freePort } from './ports.js';

interface Broker extends EventEmitter {
  start(): void;
}

interface Pigato {
  Broker: new (endpoint: string, options: { intch: string }) => Broker;
}

serveHarness();
const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
const { Broker } = foreign({ endpoint, folder: argument(0) }, 'pigato') as Pigato;
const broker = new Broker(endpoint, { intch: `tcp://127.0.0.1:${String(await freePort())}` });
const started = once(broker, 'start');
broker.start();
await started;
report({ type: 'ready', endpoint });
