// SPDX-License-Identifier: Apache-2.0
// thread-messages - what the main thread and the thread of a broker tell one another

import type { BrokerOptions } from '@mdp/broker';
import type { LogLevel } from './log-levels.js';
import type { LogFields } from './logger.js';
import type { Listening } from './served-broker.js';
import type { ThreadSnapshot } from './snapshot.js';
import type { Totals } from './totals.js';

/** What a thread knows from its beginning. */
export interface ThreadData {
  readonly options: BrokerOptions;
  readonly logLevel: LogLevel;
}

/** What a thread is told. */
export type ToThread =
  /** Answer with `totals`. */
  | { readonly type: 'tellTotals' }
  /** Answer with `snapshot`. */
  | { readonly type: 'tellSnapshot' }
  /** Log so much from now on. */
  | { readonly type: 'setLogLevel'; readonly level: LogLevel }
  /** Read the lists of allowed keys again. */
  | { readonly type: 'reloadKeys' }
  /** Stop the broker and end; called again the time can only get shorter. */
  | { readonly type: 'stop'; readonly drainMs: number };

/** An error, as it goes from thread to thread: classes and causes do not. */
export interface ThreadError {
  readonly message: string;
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
}

/** What a thread tells. */
export type FromThread =
  /** Every endpoint is bound. */
  | { readonly type: 'listening'; readonly listening: readonly Listening[] }
  /** It could not start, and ends. */
  | { readonly type: 'startFailed'; readonly error: ThreadError }
  /** Something that nobody caught. It stops its broker, and ends. */
  | { readonly type: 'failed'; readonly error: ThreadError }
  /** A line for the log; only those that the level lets through. */
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly event: string;
      readonly message: string;
      readonly fields: LogFields | undefined;
    }
  /** What was asked for. */
  | { readonly type: 'totals'; readonly totals: Totals }
  | { readonly type: 'snapshot'; readonly snapshot: ThreadSnapshot }
  /** The broker has stopped: what it did in all. The thread ends. */
  | { readonly type: 'stopped'; readonly totals: Totals };
