// SPDX-License-Identifier: Apache-2.0
// amqp - request and reply over RabbitMQ: a queue that does not last, replies by direct reply-to
//
// The worker acknowledges each request when it has replied, as RabbitMQ's tutorial on RPC does: without that the limit of
// what it may have at a time (prefetch) means nothing. Replies need no acknowledgement, as direct reply-to wants.

import type { Peer } from './peer.js';
import { foreign, reply } from './peer.js';

interface Message {
  readonly content: Buffer;
  readonly properties: { readonly correlationId: string; readonly replyTo: string };
}

interface Channel {
  assertQueue(queue: string, options: { durable: boolean }): Promise<unknown>;
  prefetch(count: number): Promise<unknown>;
  consume(queue: string, take: (message: Message | null) => void, options?: { noAck: boolean }): Promise<unknown>;
  sendToQueue(queue: string, content: Buffer, options: { correlationId: string; replyTo?: string }): boolean;
  ack(message: Message): void;
}

interface Amqplib {
  connect(url: string, options: { noDelay: boolean }): Promise<{ createChannel(): Promise<Channel> }>;
}

const QUEUE = 'echo';
const REPLY_TO = 'amq.rabbitmq.reply-to';

async function open(target: Parameters<Peer['ask']>[0]): Promise<Channel> {
  const connection = await (foreign(target, 'amqplib') as Amqplib).connect(target.endpoint, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.assertQueue(QUEUE, { durable: false });
  return channel;
}

export const amqp: Peer = {
  async ask(target, bodyBytes) {
    const channel = await open(target);
    const body = Buffer.alloc(bodyBytes, 'x');
    const waiting = new Map<string, (length: number) => void>();
    let last = 0;
    const take = (message: Message | null): void => {
      if (message === null) throw new Error('RabbitMQ took the replies away');
      const { correlationId } = message.properties;
      waiting.get(correlationId)?.(message.content.length);
      waiting.delete(correlationId);
    };
    await channel.consume(REPLY_TO, take, { noAck: true });
    return () =>
      new Promise((resolve) => {
        const correlationId = String(++last);
        waiting.set(correlationId, resolve);
        channel.sendToQueue(QUEUE, body, { correlationId, replyTo: REPLY_TO });
      });
  },

  async answer(target, echo, concurrency) {
    const channel = await open(target);
    await channel.prefetch(concurrency);
    await channel.consume(QUEUE, (message) => {
      if (message === null) throw new Error('RabbitMQ took the requests away');
      const { correlationId, replyTo } = message.properties;
      reply(echo(message.content), (body) => {
        channel.sendToQueue(replyTo, body, { correlationId });
        channel.ack(message);
      });
    });
    return target.endpoint;
  },
};
