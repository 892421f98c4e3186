// SPDX-License-Identifier: Apache-2.0
// proxy-process - the native proxy of ZeroMQ in a process of its own: it passes messages on and knows nothing of them

import { Dealer, Proxy, Router } from 'zeromq';
import { report, serveHarness } from './child-process.js';

const SOCKET = { sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 0 };

serveHarness();
const front = new Router(SOCKET);
const back = new Dealer(SOCKET);
await front.bind('tcp://127.0.0.1:*');
await back.bind('tcp://127.0.0.1:*');
report({ type: 'ready', endpoint: `${front.lastEndpoint ?? ''} ${back.lastEndpoint ?? ''}` });
await new Proxy(front, back).run();
