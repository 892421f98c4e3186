// SPDX-License-Identifier: Apache-2.0
// state-mx - a peer of a broker's state that speaks MX: it says records, and hears those that go to it

import type { Frame, MxRecord } from '@mdp/protocol';
import { bytes, decodeMx, encodeMx, encodeServiceName, findMx } from '@mdp/protocol';
import type { PeerPlace } from './state-peers.js';
import { Bench, TestPeer } from './state-peers.js';

/** A record as a test writes it: text in place of bytes. */
export type Word =
  | { readonly ready: string; readonly credit: number }
  | {
      readonly request: string;
      readonly id: number;
      readonly body?: readonly string[];
      readonly deadlineMs?: number;
      /** Its name over all attempts. */
      readonly key?: string;
      /** How often it was given to a worker before. */
      readonly before?: number;
      /** The trace that it belongs to. */
      readonly trace?: string;
    }
  | { readonly partial: number; readonly body?: readonly (string | Frame)[] }
  | { readonly final: number; readonly body?: readonly string[] }
  | { readonly cancel: number }
  | { readonly credit: number; readonly amount: number }
  | 'heartbeat'
  | 'disconnect';

function frames(body: readonly (string | Frame)[] = ['x']): Frame[] {
  return body.map((part) => (typeof part === 'string' ? bytes(part) : part));
}

/** The record that a word stands for. */
export function record(word: Word): MxRecord<Frame> {
  if (typeof word === 'string') return { type: word };
  if ('ready' in word) return { type: 'ready', service: encodeServiceName(word.ready), credit: word.credit };
  if ('request' in word) {
    const { request, id, body, deadlineMs = 0, key, before, trace } = word;
    const plain = { type: 'request', id, deadlineMs, service: encodeServiceName(request), body: frames(body) } as const;
    if (key === undefined && before === undefined && trace === undefined) return plain;
    const identity = { attempts: before ?? 0, key: bytes(key ?? '') };
    return { ...plain, identity: trace === undefined ? identity : { ...identity, trace: bytes(trace) } };
  }
  if ('partial' in word) return { type: 'partial', id: word.partial, body: frames(word.body) };
  if ('final' in word) return { type: 'final', id: word.final, body: frames(word.body) };
  if ('cancel' in word) return { type: 'cancel', id: word.cancel };
  return { type: 'credit', id: word.credit, amount: word.amount };
}

/** A record in short: `request 1 s: a b (500 ms)`, `request 1 s: a (2 before, "key")`, `final 3: a`, `credit 1: 500`, `ready s: 0`, `heartbeat`. */
export function shortly(heard: MxRecord): string {
  const { type } = heard;
  const body = 'body' in heard ? heard.body.map((frame) => Buffer.from(frame).toString()).join(' ') : '';
  switch (type) {
    case 'ready':
      return `ready ${heard.service}: ${String(heard.credit)}`;
    case 'request': {
      const left = heard.deadlineMs === 0 ? '' : ` (${String(heard.deadlineMs)} ms)`;
      const { identity } = heard;
      const key = Buffer.from(identity?.key ?? []).toString();
      const trace = identity?.trace === undefined ? '' : `, of ${Buffer.from(identity.trace).toString()}`;
      const said = identity === undefined ? '' : ` (${String(identity.attempts)} before, "${key}"${trace})`;
      return `request ${String(heard.id)} ${heard.service}: ${body}${left}${said}`;
    }
    case 'partial':
    case 'final':
      return `${type} ${String(heard.id)}: ${body}`;
    case 'cancel':
      return `cancel ${String(heard.id)}`;
    case 'credit':
      return `credit ${String(heard.id)}: ${String(heard.amount)}`;
    default:
      return type;
  }
}

/** A peer that speaks MX. */
export class MxTestPeer extends TestPeer {
  constructor(bench: Bench, id: string, place: PeerPlace = {}) {
    super(bench, id, place);
  }

  /** Say these in one message. */
  tell(...words: Word[]): this {
    this.sayWhole(encodeMx(words.map(record)));
    return this;
  }

  /** Say a message of these frames. */
  sayWhole(whole: readonly Frame[]): void {
    this.bench.state.receiveMx(this.bench.now, this.connection, this.hops, decodeMx(whole));
  }

  /** What it heard since it was last asked. */
  hear(): MxRecord[] {
    return this.takeFrames().flatMap((message) => {
      const read = decodeMx(message, findMx(message));
      if (read.type === 'invalid') throw new Error(`a peer was sent what is no message: ${read.reason}`);
      return [...read.records];
    });
  }

  /** The same, in short: {@link shortly}. */
  heard(): string[] {
    return this.hear().map(shortly);
  }
}

/** A state, a client and a worker. */
export function mxSetup(options: ConstructorParameters<typeof Bench>[0] = {}): {
  bench: Bench;
  client: MxTestPeer;
  worker: MxTestPeer;
} {
  const bench = new Bench(options);
  return { bench, client: new MxTestPeer(bench, 'c'), worker: new MxTestPeer(bench, 'w') };
}
