// SPDX-License-Identifier: Apache-2.0
// packet-router.test - datagrams from host to host, by address and with faults

import { describe, expect, test } from '@jest/globals';
import { seeded } from '../src/random.js';
import { PacketRouter, hardwareAddress } from '../src/packet-router.js';

const A = '198.18.1.1';
const B = '198.18.1.2';

function bytesOf(address: string): number[] {
  return address.split('.').map(Number);
}

/** What host `number` sends: VXLAN, Ethernet to itself, IPv4 without anything in it but the addresses and one byte. */
function datagram(number: number, source: string, target: string, payload = 1, type = 0x0800): Buffer {
  const own = [2, 0, 0, 0, 0, number];
  const vxlan = [0x08, 0, 0, 0, 0, 0, number, 0];
  const ip = [0x45, ...Array<number>(11).fill(0), ...bytesOf(source), ...bytesOf(target)];
  return Buffer.from([...vxlan, ...own, ...own, type >> 8, type & 0xff, ...ip, payload]);
}

function router(): PacketRouter {
  const it = new PacketRouter(seeded(1));
  it.attach(1, A);
  it.attach(2, B);
  return it;
}

const payloads = (datagrams: readonly Buffer[]): (number | undefined)[] => datagrams.map((one) => one.at(-1));

test('a packet goes to the host of its address, from the router', () => {
  const it = router();
  it.receive(datagram(1, A, B, 7), 0);
  const [out, ...more] = it.take(0);
  expect(more).toEqual([]);
  expect(out?.readUIntBE(4, 3)).toBe(2);
  expect([...(out?.subarray(8, 20) ?? [])]).toEqual([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0]);
  expect(out?.subarray(20)).toEqual(datagram(1, A, B, 7).subarray(20));
  expect(hardwareAddress(2)).toBe('02:00:00:00:00:02');
});

test('each direction has its own faults', () => {
  const it = router();
  it.fault(1, 2, { cut: true });
  it.receive(datagram(1, A, B, 1), 0);
  it.receive(datagram(2, B, A, 2), 0);
  expect(payloads(it.take(0))).toEqual([2]);
  it.fault(1, 2, { delayMs: 10 });
  it.receive(datagram(1, A, B, 3), 0);
  expect(it.nextAt).toBe(10);
  expect(payloads(it.take(10))).toEqual([3]);
  expect(it.counts).toEqual({ passed: 2, dropped: 1, strays: 0 });
});

describe('dropped and counted as strays', () => {
  test.each([
    ['what is too short', datagram(1, A, B).subarray(0, 40)],
    ['what is no VXLAN', Buffer.from(datagram(1, A, B).fill(0, 0, 1))],
    ['what is no IPv4', datagram(1, A, B, 1, 0x86dd)],
    ['what goes to nobody', datagram(1, A, '198.18.1.3')],
    ['what goes to the host itself', datagram(1, A, A)],
    ['what comes from an address of another host', datagram(1, B, B)],
    ['what comes from an address of nobody', datagram(1, '198.18.1.3', B)],
  ])('%s', (_, bytes) => {
    const it = router();
    it.receive(bytes, 0);
    expect(it.take(0)).toEqual([]);
    expect(it.counts).toEqual({ passed: 0, dropped: 0, strays: 1 });
  });
});

test('an address that is given up belongs to nobody, and one that moves to another host', () => {
  const it = router();
  it.detach(B);
  it.receive(datagram(1, A, B), 0);
  it.receive(datagram(2, B, A), 0);
  expect(it.take(0)).toEqual([]);
  it.attach(3, B);
  it.receive(datagram(1, A, B), 0);
  expect(it.take(0).map((one) => one.readUIntBE(4, 3))).toEqual([3]);
});
