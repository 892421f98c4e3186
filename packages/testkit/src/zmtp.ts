// SPDX-License-Identifier: Apache-2.0
// zmtp - the handshake of ZMTP 3.0 by hand, for tests of what ZeroMQ does by itself

/** The 64 bytes with which a peer begins: signature, version 3.0, mechanism NULL, not a server. */
export const ZMTP_GREETING: Buffer = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from('NULL'.padEnd(20, '\0')),
  Buffer.alloc(32),
]);

function property(name: string, value: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, value]);
}

/** The property of a handshake that says what kind of socket a peer is. */
export function zmtpSocketType(type: string): Buffer {
  return property('Socket-Type', Buffer.from(type));
}

/**
 * The command READY of a peer with the mechanism NULL.
 *
 * @param routingId - the routing id that it wants to have
 */
export function zmtpReady(type: string, routingId?: Uint8Array): Buffer {
  const identity = routingId === undefined ? [] : [property('Identity', routingId)];
  const body = Buffer.concat([Buffer.from('\x05READY'), zmtpSocketType(type), ...identity]);
  // A command with a length of eight bytes.
  const head = Buffer.alloc(9);
  head[0] = 6;
  head.writeBigUInt64BE(BigInt(body.length), 1);
  return Buffer.concat([body.length > 255 ? head : Buffer.from([4, body.length]), body]);
}
