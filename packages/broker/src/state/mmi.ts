// SPDX-License-Identifier: Apache-2.0
// mmi - the Majordomo Management Interface (RFC 8): services that the broker answers itself

import type { Frame } from '@mdp/protocol';
import { MMI_PREFIX, MX_SERVICE, bytes, decodeServiceName, encodeMxAnswer } from '@mdp/protocol';
import type { ServiceStats } from '../stats.js';
import type { Access } from './access.js';
import type { Service } from './service.js';

const FOUND = bytes('200');
const NOT_FOUND = bytes('404');
const NOT_IMPLEMENTED = bytes('501');

/**
 * So many services, and fewer, are listed anew for each request. A list of more is kept for a millisecond for each
 * ten of them: however often it is asked for, making it takes a small part of the time only.
 */
const LISTED_ANEW = 10;
const LISTED_A_MS = 10;

/** What MMI tells about a broker. */
export interface MmiView {
  readonly services: ReadonlyMap<string, Service>;
  /** The answer of `mmi.broker`: anything that JSON can hold. */
  describe(): unknown;
  /** How many requests one MX client may have under way; `undefined` when MX is not spoken. */
  readonly mxWindow: number | undefined;
}

/** Whether a service name belongs to the broker itself (MMI-01). */
export function isMmi(service: string): boolean {
  return service.startsWith(MMI_PREFIX);
}

/**
 * Answers the requests to `mmi.` services (MMI-06).
 *
 * - `mmi.service`, body: a service name: `200` when it has a worker, waiting or busy (MMI-03), else `404` (MMI-04)
 * - `mmi.services`: `200` and JSON: a list of {@link ServiceStats}
 * - `mmi.broker`: `200` and JSON: version, uptime, dialects, limits, counters
 * - `mmi.mx`: `200`, the version of MX, and how many requests a client may have under way
 * - anything else: `501` (MMI-05)
 */
export class Mmi {
  readonly #view: MmiView;
  /** The list of services for each kind of access, and how long it holds. */
  readonly #lists = new Map<Access, { text: Frame; holdsUntil: number }>();

  constructor(view: MmiView) {
    this.#view = view;
  }

  /**
   * The body of the answer.
   *
   * @param access - who asks: it is told of nothing that it does not see
   */
  answer(now: number, access: Access, service: string, body: readonly Frame[]): Frame[] {
    switch (service) {
      case 'mmi.service': {
        const name = body[0] === undefined ? undefined : decodeServiceName(body[0]);
        const found = name !== undefined && access.sees(name) && (this.#view.services.get(name)?.workers ?? 0) > 0;
        return [found ? FOUND : NOT_FOUND];
      }
      case 'mmi.services':
        return [FOUND, this.#listServices(now, access)];
      case 'mmi.broker':
        return [FOUND, bytes(JSON.stringify(this.#view.describe()))];
      case MX_SERVICE: {
        const { mxWindow } = this.#view;
        return mxWindow === undefined ? [NOT_IMPLEMENTED] : encodeMxAnswer(mxWindow);
      }
      default:
        return [NOT_IMPLEMENTED];
    }
  }

  #listServices(now: number, access: Access): Frame {
    const { services } = this.#view;
    let list = this.#lists.get(access);
    if (list === undefined || now >= list.holdsUntil) {
      const seen = describeServices(now, services).filter(({ name }) => access.sees(name));
      const holdsUntil = services.size > LISTED_ANEW ? now + services.size / LISTED_A_MS : now;
      list = { text: bytes(JSON.stringify(seen)), holdsUntil };
      this.#lists.set(access, list);
    }
    return list.text;
  }
}

/** All services as they stand now. */
export function describeServices(now: number, services: ReadonlyMap<string, Service>): ServiceStats[] {
  return Array.from(services.values(), (service) => describeService(now, service));
}

function describeService(now: number, { name, workers, free, queue, counts }: Service): ServiceStats {
  const { oldest } = queue;
  return {
    name,
    workers,
    waiting: free.size,
    busy: workers - free.size,
    queued: queue.size,
    oldestMs: oldest === undefined ? 0 : Math.max(0, Math.round(now - oldest.since)),
    requests: counts.requests,
    dispatched: counts.dispatched,
    partials: counts.partials,
    finals: counts.finals,
    failed: counts.failed,
    cancelled: counts.cancelled,
    abandoned: counts.abandoned,
    recovered: counts.recovered,
    bytesIn: counts.bytesIn,
    bytesOut: counts.bytesOut,
    waitMs: counts.wait.snapshot(),
    serviceMs: counts.work.snapshot(),
  };
}
