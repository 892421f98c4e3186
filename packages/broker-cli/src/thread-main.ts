// SPDX-License-Identifier: Apache-2.0
// thread-main - what runs in each thread with --threads: one broker, which is told what to do by the main thread
//
// A thread must never be ended from outside, by terminate() or by the end of the process, while its sockets are open:
// when Node.js takes down its environment, zeromq.js 6.8 rejects the receive() that is under way, which throws where no
// JavaScript runs any more, and C++ ends the whole process ("terminate called after throwing an instance of
// 'Napi::Error'", SIGABRT). So a thread closes its broker itself, even after an error that nobody caught; then nothing
// is left that keeps its event loop, and it ends. One case is out of reach: when a thread runs out of memory, Node.js takes
// it down without asking, and the process ends by SIGABRT, as a broker without threads does, but with those words.

import { parentPort, workerData } from 'node:worker_threads';
import { Broker } from '@mdp/broker';
import { logBroker } from './broker-log.js';
import { errorCode, errorMessage } from './exit-codes.js';
import type { LogLevel } from './log-levels.js';
import { LogThreshold } from './log-levels.js';
import type { Log } from './logger.js';
import { LoopLagMeter } from './loop-lag.js';
import { listeningOf } from './one-broker.js';
import { RequestLog } from './request-log.js';
import { isRemembered } from './status-page/recent-lines.js';
import type { FromThread, ThreadData, ThreadError, ToThread } from './thread-messages.js';
import { totalsOf } from './totals.js';

if (parentPort === null) throw new Error('thread-main is run by BrokerThread, in a thread of its own');
const port = parentPort;
const { options, logLevel } = workerData as ThreadData;
const threshold = new LogThreshold(logLevel);

function tell(message: FromThread): void {
  port.postMessage(message);
}

function describe(error: unknown): ThreadError {
  return { message: errorMessage(error), code: errorCode(error), stack: (error as Partial<Error> | undefined)?.stack };
}

/** Lines are made here and written by the main thread. */
function threadLog(): Log {
  // What went wrong is remembered by the main thread, even if it is not logged.
  const wanted = (level: LogLevel): boolean => threshold.passes(level) || isRemembered(level);
  return {
    enabled: wanted,
    log(level, event, message, fields) {
      if (!wanted(level)) return;
      tell({ type: 'log', level, event, message: typeof message === 'function' ? message() : message, fields });
    },
    close: () => Promise.resolve(),
  };
}

async function serve(): Promise<void> {
  const broker = new Broker(options);
  const lag = new LoopLagMeter();
  const log = threadLog();
  const endLog = logBroker(broker, log);
  const requests = new RequestLog(log);
  broker.once('stopped', () => {
    endLog();
    requests.close();
    lag.close();
    tell({ type: 'stopped', totals: totalsOf(broker.stats()) });
    port.close();
  });
  process.on('uncaughtException', (error) => {
    tell({ type: 'failed', error: describe(error) });
    void broker.stop({ drainMs: 0 });
  });
  port.on('message', (message: ToThread) => {
    switch (message.type) {
      case 'stop':
        void broker.stop({ drainMs: message.drainMs });
        break;
      case 'reloadKeys':
        broker.reloadKeys();
        break;
      case 'tellTotals':
        tell({ type: 'totals', totals: totalsOf(broker.stats()) });
        break;
      case 'tellSnapshot':
        tell({ type: 'snapshot', snapshot: { stats: broker.stats(), lag: lag.read(), workers: broker.workers() } });
        break;
      case 'setLogLevel':
        threshold.level = message.level;
        requests.follow();
    }
  });
  await broker.start();
  tell({ type: 'listening', listening: listeningOf(broker) });
}

try {
  await serve();
} catch (error) {
  tell({ type: 'startFailed', error: describe(error) });
  port.close();
}
