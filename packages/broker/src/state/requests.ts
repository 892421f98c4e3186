// SPDX-License-Identifier: Apache-2.0
// requests - what becomes of a REQUEST when it comes, whatever wire it came on

import type { Frame } from '@mdp/protocol';
import { STATUS, bytes } from '@mdp/protocol';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import type { ClientReplies } from './client-replies.js';
import type { Dispatcher } from './dispatcher.js';
import type { Mmi } from './mmi.js';
import { isMmi } from './mmi.js';
import type { Registry } from './registry.js';
import { STOPPING } from './registry.js';
import type { RequestOrigin } from './request.js';

const TOO_OFTEN = 'this client makes more requests a second than it may';
const FORBIDDEN = 'the service may not be called at this endpoint';

/** What {@link Requests} works with. */
export interface RequestsParts {
  readonly options: ResolvedBrokerOptions;
  readonly counters: BrokerCounters;
  readonly replies: ClientReplies;
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
  readonly mmi: Mmi;
}

/** Takes REQUESTs of clients. */
export class Requests {
  readonly #parts: RequestsParts;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
  }

  /** A REQUEST: refused where it may not be made, the broker's own affair (MMI-01), refused while it stops, or for a worker. */
  submit(now: number, origin: RequestOrigin, name: string, body: readonly Frame[]): void {
    const { counters, replies, registry, dispatcher, mmi } = this.#parts;
    const { access } = origin.connection;
    counters.requests++;
    if (access.limited && !access.mayCall(name)) {
      replies.error({ ...origin, service: { name, frame: bytes(name) } }, STATUS.FORBIDDEN, FORBIDDEN);
    } else if (!origin.connection.mayAsk(now, this.#parts.options.maxRequestsPerSecond)) {
      replies.error({ ...origin, service: { name, frame: bytes(name) } }, STATUS.OVERLOADED, TOO_OFTEN);
    } else if (isMmi(name)) {
      counters.mmi++;
      replies.result({ ...origin, service: { name, frame: bytes(name) } }, mmi.answer(now, access, name, body));
    } else if (registry.draining) {
      replies.error({ ...origin, service: { name, frame: bytes(name) } }, STATUS.DRAINING, STOPPING);
    } else {
      dispatcher.submit(now, origin, name, body);
    }
  }
}
