// SPDX-License-Identifier: Apache-2.0
// naive-parts - what the naive broker remembers, and how what is sent is written down

import type { Frame, MxRequest } from '@mdp/protocol';
import {
  MX_FIRST_CREDIT,
  byteLength,
  decodeAtClient,
  decodeAtWorker,
  decodeErrorReply,
  decodeMx,
  headerKind,
  isMxFrame,
} from '@mdp/protocol';
import type { PeerDialect } from '../../src/events.js';
import type { Role } from '../../src/options.js';
import type { ServiceStats } from '../../src/stats.js';

/** Who may do what at a socket, as the operator wrote it. */
export interface NaiveAccess {
  /** Which of the broker's sockets it is. */
  readonly socket: number;
  readonly role: Role;
  readonly patterns?: readonly string[];
}

export interface NaiveConnection {
  readonly key: string;
  readonly access: NaiveAccess;
  strikes: number;
  struckAt: number;
  banned: boolean;
  allowance: number | undefined;
  allowedAt: number;
  /** The oldest comes first. */
  readonly silenced: string[];
  /** Those that speak MX behind it; the one that was made first comes first. */
  readonly peers: NaivePeer[];
}

export interface NaivePeer {
  readonly connection: NaiveConnection;
  readonly address: readonly string[];
  heardAt: number;
  lastId: number;
}

/** Where something goes to, and on which wire. */
export interface NaiveTarget {
  readonly connection: NaiveConnection;
  readonly address: readonly string[];
  readonly dialect: PeerDialect;
  readonly peer: NaivePeer | undefined;
}

export interface NaiveService {
  readonly name: string;
  madeBy: NaiveConnection | undefined;
  workerlessSince: number;
  /** All that wait, in the order in which they were queued. */
  arrivals: NaiveRequest[];
  /** Those among them that were recovered: they go first. */
  retries: NaiveRequest[];
  /** Whose turn it is: every client with something that waits and was not recovered. */
  turns: string[];
}

export interface NaiveWorker extends NaiveTarget {
  readonly service: NaiveService;
  /** When it was heard, shared by all services of an MX peer. */
  readonly life: { heardAt: number };
  credit: number;
  /** Its place in the line of those with room: who has the least stands first. */
  freeSince: number | undefined;
  latest: NaiveRequest | undefined;
  busySince: number;
  beatsInJob: number;
  beatsWhileBusy: boolean;
  lost: boolean;
  retiring: boolean;
}

export interface NaiveRequest extends NaiveTarget {
  readonly id: number;
  readonly service: { readonly name: string };
  readonly queueOf: NaiveService;
  readonly body: readonly Frame[];
  readonly bytes: number;
  readonly deadlineAt: number;
  /** What its client says of attempts before this one, and its name over all of them. */
  readonly said: { readonly attempts: number; readonly key: string } | undefined;
  /** How often a worker that had it was lost. */
  hadIt: number;
  booked: number;
  attempts: number;
  handovers: number;
  begun: boolean;
  closedBy: 'ended' | 'clientGone' | 'cancelled' | undefined;
  queued: boolean;
  queuedAt: number;
  worker: NaiveWorker | undefined;
  /** The name of its attempt: `t3` for the third token of the broker, `#3` for id 3 of MX. */
  token: string;
  /** Which of all attempts is its last: they are counted from 1. */
  attempt: number;
  undelivered: boolean;
  credit: number;
  withheld: { readonly type: 'partial' | 'final'; readonly body: readonly Frame[] }[];
  withheldBytes: number;
  joined: Frame[] | undefined;
  joinedBytes: number;
  ungranted: number;
  /** Since when its client takes no more of it. */
  stalledAt: number;
}

/** A request as it comes. */
export function newRequest(
  from: NaiveTarget & Pick<NaiveRequest, 'id' | 'deadlineAt' | 'body' | 'said'>,
  queueOf: NaiveService,
): NaiveRequest {
  const envelope = [from.connection.key, ...from.address];
  return {
    ...from,
    service: queueOf,
    queueOf,
    bytes: envelope.join('').length + 400 * envelope.length + kept(from.body) + keyOf(from.said),
    ...{
      hadIt: 0,
      booked: 0,
      attempts: 0,
      handovers: 0,
      begun: false,
      closedBy: undefined,
      queued: false,
      queuedAt: 0,
    },
    ...{ worker: undefined, token: '', attempt: 0, undelivered: false, credit: MX_FIRST_CREDIT, withheld: [] },
    ...{ withheldBytes: 0, joined: undefined, joinedBytes: 0, ungranted: 0, stalledAt: 0 },
  };
}

/** What the name of a request takes: as much as a frame. */
function keyOf(said: NaiveRequest['said']): number {
  return said === undefined ? 0 : said.key.length + 400;
}

/** What frames take while they wait. */
export function kept(frames: readonly Frame[]): number {
  return byteLength(frames) + 400 * frames.length;
}

/** Whether the name of a service is one that the patterns of an endpoint name. */
export function names(patterns: readonly string[] | undefined, service: string): boolean {
  const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const alike = (pattern: string): RegExp =>
    new RegExp(`^${pattern.endsWith('*') ? `${quoted(pattern.slice(0, -1))}.*` : quoted(pattern)}$`);
  return patterns === undefined || patterns.some((pattern) => alike(pattern).test(service));
}

/** Where a message goes to, in words. */
export function placeOf({ connection, address }: Pick<NaiveTarget, 'connection' | 'address'>): string {
  return [connection.key, ...address].join('/');
}

/** A body in words. An error reply is told by its status: its message is for people. */
export function inWords(body: readonly Frame[]): string {
  const error = decodeErrorReply(body);
  if (error !== undefined) return `error ${String(error.status)}`;
  return body.map((frame) => (frame.length > 40 ? shortened(frame) : Buffer.from(frame).toString())).join(' ');
}

/** What MMI lists has no order; of all else that is long, the length says enough. */
function shortened(frame: Frame): string {
  if (frame[0] !== 0x5b) return `<${String(frame.length)}>`;
  const services = JSON.parse(Buffer.from(frame).toString()) as Standing[];
  return inOrder(services);
}

/** How a service stands, without what was counted. */
export type Standing = Pick<ServiceStats, 'name' | 'workers' | 'waiting' | 'busy' | 'queued' | 'oldestMs'>;

/** A list of services in the order of their names. */
export function inOrder(services: readonly Standing[]): string {
  const sorted = services.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return JSON.stringify(sorted, ['name', 'workers', 'waiting', 'busy', 'queued', 'oldestMs']);
}

/** A token in words: `t3` for the third that this broker made. */
export function tokenName(token: Frame, nonce: Frame): string {
  if (token.length !== 16 || Buffer.compare(token.subarray(0, 8), nonce) !== 0) return 'foreign';
  return `t${String(Buffer.from(token).readBigUInt64BE(8))}`;
}

/** What was sent, in words, and whom it went to. */
export function describeSent(frames: readonly Frame[], nonce: Frame): { readonly to: string; readonly what: string } {
  const at = frames.findIndex((frame, i) => i > 0 && (isMxFrame(frame) || headerKind(frame) !== undefined));
  if (at < 0) throw new Error('a message without a header was sent');
  const to = frames
    .slice(0, at)
    .map((frame) => Buffer.from(frame).toString())
    .join('/');
  const [header] = frames.slice(at);
  if (header !== undefined && isMxFrame(header)) return { to, what: describeMx(frames.slice(at)) };
  const kind = header === undefined ? undefined : headerKind(header);
  const delimited = frames[at - 1]?.length === 0;
  const dialect = kind === 'client01' || kind === 'worker01' ? 'mdp01' : delimited ? 'majortomo' : 'rfc18';
  const own = delimited ? frames.slice(at - 1) : frames.slice(at);
  if (kind === 'client01' || kind === 'client02') {
    const message = decodeAtClient(dialect, own);
    if (message.type === 'invalid') throw new Error(`a client was sent what is no message: ${message.reason}`);
    return { to, what: `${message.type} ${message.service ?? ''} ${inWords(message.body)}` };
  }
  const message = decodeAtWorker(dialect, own);
  if (message.type === 'invalid') throw new Error(`a worker was sent what is no message: ${message.reason}`);
  if (message.type !== 'request') return { to, what: message.type };
  return { to, what: `request ${tokenName(message.token, nonce)} ${inWords(message.body)}` };
}

function identityOf({ identity }: MxRequest): string {
  return identity === undefined
    ? ''
    : ` (${String(identity.attempts)} before, "${Buffer.from(identity.key).toString()}")`;
}

function describeMx(frames: readonly Frame[]): string {
  const message = decodeMx(frames);
  const [record, ...more] = message.type === 'batch' ? message.records : [];
  if (record === undefined || more.length > 0) throw new Error('a peer was sent what is not one record');
  switch (record.type) {
    case 'request':
      return `request #${String(record.id)} ${record.service} ${String(record.deadlineMs)} ${inWords(record.body)}${identityOf(record)}`;
    case 'partial':
    case 'final':
      return `${record.type} #${String(record.id)} ${inWords(record.body)}`;
    case 'ready':
      return `ready ${record.service} ${String(record.credit)}`;
    case 'credit':
      return `credit #${String(record.id)} ${String(record.amount)}`;
    case 'cancel':
      return `cancel #${String(record.id)}`;
    default:
      return record.type;
  }
}
