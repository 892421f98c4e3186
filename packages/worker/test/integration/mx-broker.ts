// SPDX-License-Identifier: Apache-2.0
// mx-broker - a broker that speaks MX, or does not, played by hand: it says only what a test tells it to

import type { BrokerInbound, Frame, MxRecord, MxReply } from '@mdp/protocol';
import {
  MX_SERVICE,
  bytes,
  decodeAtBroker,
  decodeErrorReply,
  decodeMx,
  encodeMx,
  encodeServiceName,
  isMxFrame,
  text,
} from '@mdp/protocol';
import type { RawFrame } from '@mdp/testkit';
import { RawBroker, waitUntil } from '@mdp/testkit';
import { onEnd } from './support.js';

/** How it answers the question whether it speaks MX; `silence` is not at all. */
export type Answer = 'yes' | 'silence' | RawFrame[];

/** A message as it came: MX records, or one strict command. */
export interface Heard {
  /** The routing id, in hexadecimal. */
  readonly peer: string;
  readonly records: readonly MxRecord[];
  readonly strict: BrokerInbound | undefined;
}

/** A record, and who sent it. */
export interface Said<T extends MxRecord['type']> {
  readonly peer: string;
  readonly record: MxRecord & { type: T };
}

const WINDOW = '256';

/** A ROUTER with the codec of MX. Every message is checked: what is neither MX nor RFC 18 fails the test. */
export class MxBroker {
  readonly raw: RawBroker;
  readonly #answer: Answer;
  /** Every message, in order, the questions too. */
  readonly heard: Heard[] = [];
  /** Records that were not taken yet. */
  readonly #said: Said<MxRecord['type']>[] = [];
  readonly #strict: { peer: string; message: BrokerInbound }[] = [];
  #problem: Error | undefined;

  private constructor(raw: RawBroker, answer: Answer) {
    this.raw = raw;
    this.#answer = answer;
  }

  static async bind(answer: Answer = 'yes', endpoint?: string): Promise<MxBroker> {
    const broker = new MxBroker(await RawBroker.bind(endpoint), answer);
    const timer = setInterval(() => {
      broker.#read();
    }, 1);
    onEnd(() => {
      clearInterval(timer);
      broker.close();
      if (broker.#problem !== undefined) throw broker.#problem;
    });
    return broker;
  }

  get endpoint(): string {
    return this.raw.endpoint;
  }

  #read(): void {
    for (const [id, ...frames] of this.raw.inbox.splice(0)) {
      const peer = id?.toString('hex') ?? '';
      if (isMxFrame(frames[0] ?? Buffer.alloc(0))) {
        const message = decodeMx(frames);
        const records = message.type === 'batch' ? message.records : [];
        if (message.type === 'invalid') this.#problem ??= new Error(`the worker sent no MX: ${message.reason}`);
        this.heard.push({ peer, records, strict: undefined });
        for (const record of records) this.#said.push({ peer, record });
        continue;
      }
      const message = decodeAtBroker(frames);
      if (message.type === 'invalid') {
        this.#problem ??= new Error(`the worker sent what is no command: ${message.reason}`);
        continue;
      }
      this.heard.push({ peer, records: [], strict: message });
      if (message.type === 'request' && message.service === MX_SERVICE) void this.#reply(id ?? Buffer.alloc(0));
      else this.#strict.push({ peer, message });
    }
  }

  async #reply(id: Buffer): Promise<void> {
    if (this.#answer === 'silence') return;
    const frames = this.#answer === 'yes' ? yes() : this.#answer;
    await this.raw.send(id, ...frames);
  }

  /** How often it was asked whether it speaks MX. */
  get questions(): number {
    this.#read();
    return this.heard.filter(({ strict }) => strict?.type === 'request' && strict.service === MX_SERVICE).length;
  }

  /** Take the next record of this kind, dropping what is before it. */
  async take<T extends MxRecord['type']>(type: T): Promise<Said<T>> {
    const { at } = await waitUntil(`${type} over MX`, () => {
      this.#read();
      const index = this.#said.findIndex(({ record }) => record.type === type);
      return index < 0 ? undefined : { at: index };
    });
    return this.#said.splice(0, at + 1)[at] as Said<T>;
  }

  /** Take the next strict command of this kind, dropping what is before it. */
  async takeStrict<T extends BrokerInbound['type']>(
    type: T,
  ): Promise<{ peer: string; message: BrokerInbound & { type: T } }> {
    const { at } = await waitUntil(`${type} on the strict wire`, () => {
      this.#read();
      const index = this.#strict.findIndex(({ message }) => message.type === type);
      return index < 0 ? undefined : { at: index };
    });
    return this.#strict.splice(0, at + 1)[at] as { peer: string; message: BrokerInbound & { type: T } };
  }

  /** Every record that was not taken yet. */
  get said(): readonly Said<MxRecord['type']>[] {
    this.#read();
    return this.#said;
  }

  /** Wait for a worker's READY over MX. @returns who it is */
  async ready(): Promise<string> {
    return (await this.take('ready')).peer;
  }

  /** Take the FINAL of a request, and the PARTIALs before it, each as text. Others may come in between. */
  async reply(id: number): Promise<string[][]> {
    const parts: MxReply[] = [];
    await waitUntil(`the FINAL of ${String(id)}`, () => {
      this.#read();
      for (let at = 0; at < this.#said.length;) {
        const { record } = this.#said[at] as Said<MxRecord['type']>;
        if ((record.type === 'partial' || record.type === 'final') && record.id === id) {
          parts.push(record);
          this.#said.splice(at, 1);
          if (record.type === 'final') return true;
        } else at++;
      }
      return false;
    });
    return parts.map(({ body }) => body.map((frame) => text(frame) ?? '?'));
  }

  /** Take a FINAL and read it as an error reply. */
  async failure(id: number): Promise<{ status: number; message: string } | undefined> {
    return decodeErrorReply((await this.reply(id)).at(-1)?.map((frame) => bytes(frame)) ?? []);
  }

  /** Send all of these in one message. */
  async send(peer: string, ...records: MxRecord<Frame>[]): Promise<void> {
    await this.raw.send(Buffer.from(peer, 'hex'), ...encodeMx(records));
  }

  close(): void {
    this.raw.close();
  }
}

/** The frames of a yes. */
export function yes(): RawFrame[] {
  return mmiReply('200', '1', WINDOW);
}

/** The frames of an answer of the broker itself. */
export function mmiReply(...body: RawFrame[]): RawFrame[] {
  return ['MDPC02', Buffer.of(3), MX_SERVICE, ...body];
}

/** A REQUEST as a record. */
export function request(id: number, ...body: RawFrame[]): MxRecord<Frame> {
  return requestTo('echo', id, 0, ...body);
}

/** A REQUEST for any service, with a deadline. */
export function requestTo(service: string, id: number, deadlineMs: number, ...body: RawFrame[]): MxRecord<Frame> {
  const frames = body.length === 0 ? ['body'] : body;
  return {
    type: 'request',
    id,
    deadlineMs,
    service: encodeServiceName(service),
    body: frames.map((frame) => (typeof frame === 'string' ? bytes(frame) : frame)),
  };
}

/** A REQUEST that says which one it is: its name, and how often it was given to a worker before. */
export function named(id: number, key: string, attempts = 0, ...body: RawFrame[]): MxRecord<Frame> {
  return { ...request(id, ...body), identity: { attempts, key: bytes(key) } } as MxRecord<Frame>;
}
