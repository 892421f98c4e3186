// SPDX-License-Identifier: Apache-2.0
// broker-process - the broker of this project with its defaults, in a process of its own. Usage: broker-process

import { Broker } from '@mdp/broker';
import { report, serveHarness } from './child-process.js';

serveHarness();
const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
report({ type: 'ready', endpoint: broker.endpoints[0] ?? '' });
