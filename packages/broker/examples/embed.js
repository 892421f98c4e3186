// SPDX-License-Identifier: Apache-2.0
// embed - a broker inside another program

// #region start
import { Broker } from '@mdp/broker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
console.log('listening on', broker.endpoints); // for example [ 'tcp://127.0.0.1:43211' ]

// ... and when the program ends:
await broker.stop({ drainMs: 5_000 });
// #endregion
