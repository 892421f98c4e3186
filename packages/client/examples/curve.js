// SPDX-License-Identifier: Apache-2.0
// curve - an encrypted broker that lets in whose key it knows

import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';
import { curveKeyPair } from 'zeromq';

const [brokers, own, workers, foreign] = [curveKeyPair(), curveKeyPair(), curveKeyPair(), curveKeyPair()];
const known = [own.publicKey, workers.publicKey];
const broker = new Broker({
  endpoints: 'tcp://127.0.0.1:*',
  curve: { secretKey: brokers.secretKey },
  allow: ({ key }) => known.includes(key),
});
await broker.start();
const [endpoint] = broker.endpoints;
const worker = new Worker(endpoint, 'upper', ({ body }) => text(body[0]).toUpperCase(), {
  curve: { serverKey: brokers.publicKey, secretKey: workers.secretKey },
});
await worker.start();

// #region curve
const client = new Client(endpoint, {
  curve: {
    serverKey: brokers.publicKey, // of the broker; or serverKeyFile: 'broker.key'
    secretKey: own.secretKey, // one's own; or keyFile: 'client.key_secret'
  },
});
console.log(text((await client.request('upper', 'hello'))[0])); // HELLO
// #endregion
await client.close();

const stranger = new Client(endpoint, { curve: { serverKey: brokers.publicKey, secretKey: foreign.secretKey } });
// #region refused
try {
  await stranger.request('upper', 'hello');
} catch (error) {
  console.log(error.code); // MDP_REFUSED
  console.log(error.message); // tcp://... refused the connection: this key is not allowed (curve)
}
// #endregion

await stranger.close();
await worker.stop();
await broker.stop();
