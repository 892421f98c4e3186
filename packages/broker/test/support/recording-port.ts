// SPDX-License-Identifier: Apache-2.0
// recording-port - a port that keeps what the state says, and refuses what a test wants refused

import type { Frame, MxRecord } from '@mdp/protocol';
import { encodeMx } from '@mdp/protocol';
import type { BrokerEvents } from '../../src/events.js';
import type { Connection } from '../../src/state/connection.js';
import type { MxPeer } from '../../src/state/mx-peer.js';
import type { BrokerPort, RequestWatch } from '../../src/state/port.js';
import type { Request } from '../../src/state/request.js';

/** One message that the state sent. */
export interface Sent {
  readonly connection: Connection;
  readonly frames: readonly Frame[];
  readonly urgent: boolean;
}

/** One event that the state emitted: its name, then what its listeners get. */
export type Emitted = { [K in keyof BrokerEvents]: [K, ...BrokerEvents[K]] }[keyof BrokerEvents];

/** The outside of a state, as a test sees it. */
export class RecordingPort implements BrokerPort {
  /** What was taken, in order. */
  readonly sent: Sent[] = [];
  /** What was not taken, in order. */
  readonly refused: (readonly Frame[])[] = [];
  /** Every event, in order. */
  readonly events: Emitted[] = [];
  /** Requests that were accepted and have not ended. */
  readonly open = new Set<Request>();
  /** How often a request of them, or one that has ended since, was given to a worker. */
  dispatched = 0;
  /** How requests ended, with the status of an error. */
  readonly ended: string[] = [];
  /** Whether a peer's outbox is full. */
  full: (connection: Connection, urgent: boolean) => boolean = () => false;
  /** Whether something waits for a peer, though more may be taken. */
  slow: (connection: Connection) => boolean = (connection) => this.full(connection, false);
  /** Called for each message that was taken. */
  onSend: ((message: Sent) => void) | undefined;

  send(connection: Connection, frames: Frame[], urgent = false): boolean {
    if (this.full(connection, urgent)) {
      this.refused.push(frames);
      return false;
    }
    const message = { connection, frames, urgent };
    this.sent.push(message);
    this.onSend?.(message);
    return true;
  }

  watch(request: Request): RequestWatch {
    if (this.open.has(request)) throw new Error('a request began twice');
    this.open.add(request);
    const mustBeOpen = (): void => {
      if (!this.open.has(request)) throw new Error('a request that has ended');
    };
    return {
      dispatched: () => {
        mustBeOpen();
        this.dispatched++;
      },
      ended: (outcome, status) => {
        mustBeOpen();
        this.open.delete(request);
        this.ended.push(status === undefined ? outcome : `${outcome} ${String(status)}`);
      },
    };
  }

  /** Each record leaves as a message of its own. */
  append(peer: MxPeer, record: MxRecord<Frame>, urgent = false): readonly Frame[] | undefined {
    const frames = [...peer.envelope, ...encodeMx([record])];
    return this.send(peer.connection, frames, urgent) ? frames : undefined;
  }

  isSlow(connection: Connection): boolean {
    return this.slow(connection);
  }

  emit<K extends keyof BrokerEvents>(event: K, build: () => BrokerEvents[K]): void {
    this.events.push([event, ...build()] as unknown as Emitted);
  }

  /** What the events of one name carried. */
  emitted<K extends keyof BrokerEvents>(event: K): BrokerEvents[K][] {
    return this.events.filter(([name]) => name === event).map(([, ...args]) => args as unknown as BrokerEvents[K]);
  }
}
