// SPDX-License-Identifier: Apache-2.0
// router-main - the process that is the network between namespaces; see namespaces.ts
//
// node router-main.js ADDRESS PORT HOSTS-ADDRESS SEED: VXLAN datagrams come from and go to HOSTS-ADDRESS. Orders come as JSON lines.

import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import type { LinkFault } from './link-faults.js';
import { seeded } from './random.js';
import { PacketRouter } from './packet-router.js';

/** What the router can be told; it answers `{"event":"done"}` when it is done, in order. */
export type RouterOrder =
  | { readonly order: 'attach'; readonly host: number; readonly address: string }
  | { readonly order: 'detach'; readonly address: string }
  | { readonly order: 'fault'; readonly from: number; readonly to: number; readonly fault: LinkFault }
  | { readonly order: 'counts' };

/** A burst of TCP on every link must find room. */
const BUFFER_BYTES = 4 * 1024 * 1024;

const [address = '', port = '', hostsAddress = '', seed = ''] = process.argv.slice(2);
const router = new PacketRouter(seeded(Number(seed)));
const socket = createSocket('udp4');
let timer: NodeJS.Timeout | undefined;

function say(event: string, facts: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
}

function forward(): void {
  clearTimeout(timer);
  for (const datagram of router.take(performance.now())) socket.send(datagram, Number(port), hostsAddress);
  const { nextAt } = router;
  if (nextAt < Infinity) timer = setTimeout(forward, Math.max(1, Math.ceil(nextAt - performance.now())));
}

function obey(order: RouterOrder): void {
  if (order.order === 'attach') router.attach(order.host, order.address);
  else if (order.order === 'detach') router.detach(order.address);
  else if (order.order === 'fault') router.fault(order.from, order.to, order.fault);
  say('done', { counts: router.counts });
}

socket.on('message', (datagram) => {
  router.receive(datagram, performance.now());
  forward();
});
socket.bind(Number(port), address, () => {
  socket.setRecvBufferSize(BUFFER_BYTES);
  socket.setSendBufferSize(BUFFER_BYTES);
  say('started');
});
createInterface({ input: process.stdin })
  .on('line', (line) => {
    obey(JSON.parse(line) as RouterOrder);
  })
  .on('close', () => process.exit(0));
