// SPDX-License-Identifier: Apache-2.0
// admin-settings - where the admin interface listens, and who may ask it: only this machine, unless there is a token

import { isIPv4 } from 'node:net';
import { ArgumentError } from '@mdp/protocol';
import { UsageError } from './exit-codes.js';
import { printable } from './printable.js';
import type { Given } from './settings.js';

/** Where the admin interface listens. */
export interface AdminSettings {
  /** An address or a name, without brackets. */
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  /** Whether only this machine can reach it. */
  readonly loopback: boolean;
  /** The path of the file with the token that has to be shown; left out when none is asked for. */
  readonly tokenFile?: string;
  /** How the user knows the places where both were given. */
  readonly names: { readonly address: string; readonly token: string };
}

const ALLOWED = 'HOST:PORT: 127.0.0.1:9464, [::1]:9464, port * is any free one';
const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/@?#]+)):(\d{1,5}|\*)$/;
const HIGHEST_PORT = 65_535;

/** Whether a host, without brackets, is this machine and nobody else can reach it. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

/**
 * What was given for the admin interface.
 *
 * @returns `undefined` when there is to be none
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` for what is no address; {@link UsageError} for one that others can
 * reach without a token, and for a token without an address
 */
export function adminSettings(address: Given | undefined, token: Given | undefined): AdminSettings | undefined {
  if (address === undefined) {
    if (token === undefined) return undefined;
    throw new UsageError(`${token.name}: allowed only with --admin`);
  }
  const text = address.value as string;
  const [, bracketed, plain, port = ''] = ADDRESS.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > HIGHEST_PORT) throw new ArgumentError(address.name, text, ALLOWED);
  const loopback = isLoopback(host);
  if (!loopback && token === undefined) {
    throw new UsageError(
      `${address.name}: others can reach ${printable(host)}: allowed is 127.0.0.1:${port}, or any address together with --admin-token-file`,
    );
  }
  return {
    host,
    port: port === '*' ? 0 : Number(port),
    loopback,
    ...(token === undefined ? {} : { tokenFile: token.value as string }),
    names: { address: address.name, token: token?.name ?? '--admin-token-file' },
  };
}
