// SPDX-License-Identifier: Apache-2.0
// packet-router - the network between hosts: VXLAN datagrams in and out, each direction with faults of its own

import type { LinkFault } from './link-faults.js';
import { LinkDirection } from './link-faults.js';
import type { Chance } from './random.js';

/** `flags(1) reserved(3) VNI(3) reserved(1)`, RFC 7348; the VNI is the number of the host. */
const VXLAN_BYTES = 8;
const VXLAN_FLAGS = 0x08;
/** `to(6) from(6) type(2)`. */
const ETHERNET_BYTES = 14;
const IPV4 = 0x0800;
const IPV4_BYTES = 20;
const SOURCE_AT = VXLAN_BYTES + ETHERNET_BYTES + 12;
const TARGET_AT = VXLAN_BYTES + ETHERNET_BYTES + 16;

/** The most hosts: the last byte of their hardware addresses. */
export const MAX_HOSTS = 250;

/** The hardware address of a host; 0 is the router. */
export function hardwareAddress(host: number): string {
  return `02:00:00:00:00:${host.toString(16).padStart(2, '0')}`;
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

/**
 * Hands packets from host to host by their IPv4 addresses. A host is asked for nothing: it sends every frame to itself, as
 * interfaces without ARP do, and the router puts the right hardware addresses in.
 */
export class PacketRouter {
  readonly #chance: Chance;
  readonly #hosts = new Map<number, number>();
  readonly #directions = new Map<number, LinkDirection<Buffer>>();
  /** Packets from or to addresses that are nobody's, and what is no IPv4. */
  strays = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** An address is that of a host from now on, and nobody else's. */
  attach(host: number, address: string): void {
    this.#hosts.set(numberOf(address), host);
  }

  /** An address is nobody's any more: packets to it and from it vanish. */
  detach(address: string): void {
    this.#hosts.delete(numberOf(address));
  }

  /** Change what goes wrong between two hosts, in one direction. */
  fault(from: number, to: number, fault: LinkFault): void {
    this.#direction(from, to).fault = fault;
  }

  #direction(from: number, to: number): LinkDirection<Buffer> {
    const key = from * 256 + to;
    let direction = this.#directions.get(key);
    if (direction === undefined) {
      direction = new LinkDirection(this.#chance);
      this.#directions.set(key, direction);
    }
    return direction;
  }

  /** How many packets passed and were dropped, over all directions. */
  get counts(): { passed: number; dropped: number; strays: number } {
    const sum = { passed: 0, dropped: 0, strays: this.strays };
    for (const { counts } of this.#directions.values()) {
      sum.passed += counts.passed;
      sum.dropped += counts.dropped;
    }
    return sum;
  }

  /** Take a datagram of a host; it is kept and changed. */
  receive(datagram: Buffer, now: number): void {
    if (
      datagram.length < VXLAN_BYTES + ETHERNET_BYTES + IPV4_BYTES ||
      datagram.readUInt8(0) !== VXLAN_FLAGS ||
      datagram.readUInt16BE(VXLAN_BYTES + 12) !== IPV4
    ) {
      this.strays += 1;
      return;
    }
    const from = datagram.readUIntBE(4, 3);
    const to = this.#hosts.get(datagram.readUInt32BE(TARGET_AT));
    if (to === undefined || to === from || this.#hosts.get(datagram.readUInt32BE(SOURCE_AT)) !== from) {
      this.strays += 1;
      return;
    }
    datagram.writeUIntBE(to, 4, 3);
    datagram.writeUIntBE(0x02_00_00_00_00_00 + to, VXLAN_BYTES, 6);
    datagram.writeUIntBE(0x02_00_00_00_00_00, VXLAN_BYTES + 6, 6);
    this.#direction(from, to).send(datagram, now);
  }

  /** When there is something to take; `Infinity` when nothing is on its way. */
  get nextAt(): number {
    let next = Infinity;
    for (const direction of this.#directions.values()) next = Math.min(next, direction.nextAt);
    return next;
  }

  /** Datagrams that arrive at hosts now. */
  take(now: number): Buffer[] {
    return [...this.#directions.values()].flatMap((direction) => direction.take(now));
  }
}
