// SPDX-License-Identifier: Apache-2.0
// curve - the CURVE keys of broker, client and worker: made, read from files, checked

import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { ArgumentError } from '../errors.js';
import { bytes } from '../frame.js';
import { parseKeyFile } from '../key-file.js';
import type { KeyFile } from '../key-file.js';
import { refuseUnknownOptions } from '../options.js';
import { decodeZ85, encodeZ85, isZ85Key } from '../z85.js';

/** A CURVE key pair, both in Z85. */
export interface CurveKeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** The keys of a client or worker that talks to a broker by CURVE. */
export interface CurveOptions {
  /** The broker's public key, 40 characters of Z85. */
  readonly serverKey?: string | undefined;
  /** A file with the broker's public key, in place of `serverKey`. */
  readonly serverKeyFile?: string | undefined;
  /** One's own secret key, 40 characters of Z85. Without one, a key of the moment is made: it is on no broker's list. */
  readonly secretKey?: string | undefined;
  /** A file with one's own secret key, in place of `secretKey`; nobody but its owner may be able to read it. */
  readonly keyFile?: string | undefined;
}

/** The keys of a broker. */
export interface CurveServerOptions {
  /** Its secret key, 40 characters of Z85. */
  readonly secretKey?: string | undefined;
  /** A file with its secret key, in place of `secretKey`; nobody but its owner may be able to read it. */
  readonly keyFile?: string | undefined;
}

/** {@link CurveOptions}, read and checked. */
export interface ResolvedCurve extends CurveKeyPair {
  readonly serverKey: string;
}

const KEY = 'a key of 40 characters of Z85';

/** What stands in front of the 32 bytes of an X25519 secret key in PKCS #8 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

function rawOf(key: KeyObject, part: 'x' | 'd'): Buffer {
  return Buffer.from(key.export({ format: 'jwk' })[part] ?? '', 'base64url');
}

/** A new key pair. */
export function generateKeyPair(): CurveKeyPair {
  const { privateKey } = generateKeyPairSync('x25519');
  return { publicKey: encodeZ85(rawOf(privateKey, 'x')), secretKey: encodeZ85(rawOf(privateKey, 'd')) };
}

/** The public key of a secret one, both in Z85. */
export function publicKeyOf(secretKey: string): string {
  const der = Buffer.concat([PKCS8, decodeZ85(secretKey) ?? Buffer.alloc(32)]);
  return encodeZ85(rawOf(createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })), 'x'));
}

/**
 * Read a file with a key.
 *
 * @param name - the option that names it, for the error
 * @param secret - whether the secret key is wanted: then nobody but its owner may be able to read the file, or, when it is root's
 * and this process is not, its group
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it cannot be read, is no key file, or may be read by others
 */
export function readKeyFile(name: string, path: string, secret: boolean): KeyFile {
  if (typeof path !== 'string' || path === '') throw new ArgumentError(name, path, 'the path of a key file');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ArgumentError(name, path, `a key file that can be read (${reasonOf(error)})`);
  }
  const file = parseKeyFile(text);
  if (typeof file === 'string') throw new ArgumentError(name, path, `a key file, and ${file}`);
  if (secret && file.secretKey === undefined) {
    throw new ArgumentError(name, path, 'a key file with a secret key: it ends in .key_secret');
  }
  // Only now: a public key that was taken for the secret one may be read by all, and is not to be hidden.
  if (secret) refuseReadableByOthers(name, path, 'a secret key', statSync(path));
  if (file.secretKey !== undefined && publicKeyOf(file.secretKey) !== file.publicKey) {
    throw new ArgumentError(name, path, 'a key file whose two keys belong together');
  }
  return file;
}

/** Why a file cannot be read. Not by `instanceof`: the error may be of another realm. */
function reasonOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** The mode and the owner of a file, as `stat` has them. */
interface FileAccess {
  readonly mode: number;
  readonly uid: number;
}

/**
 * Whether a file with a secret may be read by somebody else than whom it is for.
 *
 * A file of root's is given to a process of another user by a group: systemd (`LoadCredential=`) and Kubernetes (a Secret with `fsGroup`)
 * do so, and have no other way. Root has decided who is in the group, so it may read; nobody else may.
 *
 * @param user - the user that this process runs as
 */
export function isReadableByOthers(file: FileAccess, user: number): boolean {
  const forbidden = file.uid === 0 && user !== 0 ? 0o037 : 0o077;
  return (file.mode & forbidden) !== 0;
}

/**
 * Refuse a file that {@link isReadableByOthers}. Windows has no such modes: there the folder has to be closed to others.
 *
 * @param name - the option that names it, for the error
 * @param what - what should be in it, for the error
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`
 */
export function refuseReadableByOthers(name: string, path: string, what: string, file: FileAccess): void {
  const user = process.geteuid?.();
  if (user === undefined || !isReadableByOthers(file, user)) return;
  const octal = (file.mode & 0o777).toString(8).padStart(4, '0');
  throw new ArgumentError(name, path, `${what} that only its owner can read: its mode is ${octal}, chmod 600 it`);
}

/** A key in Z85. The error does not show what was given, only how long it is: it may be a secret. */
function keyOption(name: string, value: string | undefined): string {
  if (typeof value !== 'string') throw new ArgumentError(name, value, KEY);
  if (!isZ85Key(value)) throw new ArgumentError(name, bytes(value), KEY);
  return value;
}

/** One's own keys, if any are given. */
function ownKeys(path: string, { secretKey, keyFile }: CurveServerOptions): CurveKeyPair | undefined {
  if (secretKey !== undefined && keyFile !== undefined) {
    throw new ArgumentError(`${path}.keyFile`, keyFile, `either this or ${path}.secretKey`);
  }
  const secret =
    keyFile !== undefined
      ? readKeyFile(`${path}.keyFile`, keyFile, true).secretKey
      : secretKey === undefined
        ? undefined
        : keyOption(`${path}.secretKey`, secretKey);
  return secret === undefined ? undefined : { publicKey: publicKeyOf(secret), secretKey: secret };
}

/** Options must be an object, and have no names but these. */
function checkObject(path: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError(path, options, `an object with ${known.join(', ')}`);
  }
  refuseUnknownOptions(options, known, path);
}

/**
 * The keys of a client or worker.
 *
 * @param endpoints - where it connects to
 * @returns `undefined` when there are none: the connection is neither encrypted nor does it prove anything
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the option and what is allowed
 */
export function resolveCurve(
  options: CurveOptions | undefined,
  endpoints: readonly string[] = [],
): ResolvedCurve | undefined {
  if (options === undefined) return undefined;
  checkObject('curve', options, ['serverKey', 'serverKeyFile', 'secretKey', 'keyFile']);
  const local = endpoints.find((endpoint) => endpoint.startsWith('inproc:'));
  if (local !== undefined) {
    throw new ArgumentError('curve', options, `none with ${local}: ZeroMQ does not encrypt what stays in a process`);
  }
  const { serverKey, serverKeyFile } = options;
  if (serverKey !== undefined && serverKeyFile !== undefined) {
    throw new ArgumentError('curve.serverKeyFile', serverKeyFile, 'either this or curve.serverKey');
  }
  const server =
    serverKeyFile !== undefined
      ? readKeyFile('curve.serverKeyFile', serverKeyFile, false).publicKey
      : keyOption('curve.serverKey', serverKey);
  return { serverKey: server, ...(ownKeys('curve', options) ?? generateKeyPair()) };
}

/** What a socket is set to that connects with these keys. */
export function curveSocketOptions(
  keys: ResolvedCurve | undefined,
): { curveServerKey: string; curvePublicKey: string; curveSecretKey: string } | undefined {
  if (keys === undefined) return undefined;
  return { curveServerKey: keys.serverKey, curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey };
}

/**
 * The keys of a broker.
 *
 * @returns `undefined` when there are none: its endpoints are neither encrypted nor closed to anybody
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the option and what is allowed
 */
export function resolveCurveServer(options: CurveServerOptions | undefined): CurveKeyPair | undefined {
  if (options === undefined) return undefined;
  checkObject('curve', options, ['secretKey', 'keyFile']);
  const keys = ownKeys('curve', options);
  if (keys === undefined) throw new ArgumentError('curve', options, 'an object with secretKey or keyFile');
  return keys;
}
