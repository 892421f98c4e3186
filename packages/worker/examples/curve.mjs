// SPDX-License-Identifier: Apache-2.0
// curve - a worker at an encrypted broker that does not know its key yet

import { once } from 'node:events';
import { Broker } from '@mdp/broker';
import { Worker } from '@mdp/worker';
import { curveKeyPair } from 'zeromq';

const [brokers, own] = [curveKeyPair(), curveKeyPair()];
const known = new Set();
const broker = new Broker({
  endpoints: 'tcp://127.0.0.1:*',
  curve: { secretKey: brokers.secretKey },
  allow: ({ key }) => known.has(key),
});
await broker.start();

// #region curve
const worker = new Worker(broker.endpoints, 'echo', ({ body }) => body, {
  curve: {
    serverKey: brokers.publicKey, // of the brokers; or serverKeyFile: 'broker.key'
    secretKey: own.secretKey, // one's own; or keyFile: 'worker.key_secret'
  },
});
worker.on('disconnected', ({ reason, detail }) => console.log(`${reason}: ${detail}`));
await worker.start(); // refused: this key is not allowed (curve)
// #endregion

await once(worker, 'disconnected');
known.add(own.publicKey);
const [{ wire }] = await once(worker, 'registered');
console.log(`registered by ${wire}`);
await worker.stop();
await broker.stop();
