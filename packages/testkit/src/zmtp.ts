// SPDX-License-Identifier: Apache-2.0
// zmtp - the handshake of ZMTP 3.0 by hand, for tests of what ZeroMQ does by itself

/** The 64 bytes with which a peer begins: signature, version 3.0, mechanism NULL, not a server. */
export const ZMTP_GREETING: Buffer = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from('NULL'.padEnd(20, '\0')),
  Buffer.alloc(32),
]);

/** The property of a handshake that says what kind of socket a peer is. */
export function zmtpSocketType(type: string): Buffer {
  return Buffer.concat([Buffer.from('\x0bSocket-Type'), Buffer.from([0, 0, 0, type.length]), Buffer.from(type)]);
}

/** The command READY of a peer with the mechanism NULL. */
export function zmtpReady(type: string): Buffer {
  const property = zmtpSocketType(type);
  return Buffer.concat([Buffer.from([4, 6 + property.length]), Buffer.from('\x05READY'), property]);
}
