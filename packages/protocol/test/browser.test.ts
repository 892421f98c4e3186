// SPDX-License-Identifier: Apache-2.0
// browser.test - the build runs where there is nothing but the language, TextEncoder and TextDecoder

import { beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { TextDecoder, TextEncoder } from 'node:util';
import { SourceTextModule, createContext, runInContext } from 'node:vm';
import type { Context } from 'node:vm';
import type * as protocol from '@mdp/protocol';
import type * as internal from '@mdp/protocol/internal';
import { decode, encode, encodeAnswer, plain } from './support/codec.js';
import { allMessageVectors, errorVectors, framesOf, hex, nameVectors, tokenVectors, unhex } from './support/vectors.js';

const DIST = new URL('../dist/', import.meta.url);

/** Loads modules of the build into one context, with everything they import, and nothing else. */
class Loader {
  readonly context: Context = createContext({ TextEncoder, TextDecoder });
  /** Every module that was loaded, by its address. */
  readonly modules = new Map<string, SourceTextModule>();

  #require(url: URL): SourceTextModule {
    const loaded = this.modules.get(url.href);
    if (loaded !== undefined) return loaded;
    const source = readFileSync(url, 'utf8');
    const module = new SourceTextModule(source, { context: this.context, identifier: url.href });
    this.modules.set(url.href, module);
    return module;
  }

  async load(file: string): Promise<unknown> {
    const module = this.#require(new URL(file, DIST));
    await module.link((specifier, importer) => {
      if (!/^\.\/[a-z0-9-]+\.js$/.test(specifier)) throw new Error(`${importer.identifier} imports ${specifier}`);
      return this.#require(new URL(specifier, importer.identifier));
    });
    await module.evaluate();
    return module.namespace;
  }
}

const loader = new Loader();
let codec: typeof protocol;
let shared: typeof internal;

beforeAll(async () => {
  if (!existsSync(new URL('index.js', DIST))) throw new Error('there is no build: run npm run build');
  codec = (await loader.load('index.js')) as typeof protocol;
  shared = (await loader.load('internal.js')) as typeof internal;
});

describe('the build, without Node.js', () => {
  test('has no Node.js in its context', () => {
    const found = runInContext(
      "['process', 'Buffer', 'require', 'setTimeout', 'performance', 'crypto'].filter((name) => name in globalThis)",
      loader.context,
    ) as unknown[];
    expect(found).toHaveLength(0);
  });

  test('loads everything that it ships, and imports nothing else', () => {
    const all = readdirSync(new URL('../src/', DIST)).map((name) => name.replace(/\.ts$/, '.js'));
    // What stands under "@mdp/protocol/node" is for Node.js alone, and nothing else imports it.
    const names = all.filter((name) => name !== 'node' && name !== 'node.js');
    expect([...loader.modules.keys()].map((href) => href.slice(DIST.href.length)).sort()).toEqual(names.sort());
    for (const name of names) {
      expect(readFileSync(new URL(name, DIST), 'utf8')).not.toMatch(/\b(?:require|import)\(|\bimport\.meta\b/);
    }
    const manifest = JSON.parse(readFileSync(new URL('../package.json', DIST), 'utf8')) as Record<string, unknown>;
    for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) {
      expect(manifest[kind]).toBeUndefined();
    }
  });

  test('decodes and encodes every vector', () => {
    for (const row of allMessageVectors()) {
      const expected = row.message ?? { type: 'invalid', reason: row.invalid };
      expect(plain(decode(codec, row))).toEqual(expected);
      if (row.canonical === true) expect(encode(codec, row).map(hex)).toEqual(row.frames.map((frame) => frame.hex));
      if (row.answer !== undefined) expect(encodeAnswer(codec, row).map(hex)).toEqual(row.answer.map(({ hex }) => hex));
    }
    for (const row of nameVectors()) expect(codec.decodeServiceName(unhex(row.hex))).toBe(row.name ?? undefined);
    for (const row of errorVectors()) {
      const reply = codec.decodeErrorReply(framesOf(row.body));
      expect(reply === undefined ? null : { ...reply }).toEqual(row.reply);
      if (row.reply !== null) expect(codec.encodeErrorReply(row.reply.status, row.reply.message)).toHaveLength(3);
    }
    for (const row of tokenVectors().strays) {
      const mint = new codec.TokenMint(unhex(row.nonce));
      for (let made = 0; made < row.made; made++) mint.next();
      expect(mint.classify(unhex(row.hex))).toBe(row.stray);
    }
  });

  test('refuses what a caller must not give, with an error of its own', () => {
    const code = (call: () => unknown): unknown => {
      try {
        call();
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
      return 'nothing was thrown';
    };
    for (const call of [
      () => codec.toFrames(42 as unknown as string, 'body'),
      () => codec.encodeServiceName(''),
      () => codec.encodeErrorReply(1, ''),
      () => new codec.TokenMint(new Uint8Array(1)),
      () => new codec.RemoteError(1, ''),
      () => shared.endpointOption('endpoint', 'nowhere'),
      () => shared.durationOption('waitMs', -1, 1),
      () => {
        shared.refuseUnknownOptions({ x: 1 }, []);
      },
    ]) {
      expect(code(call)).toBe('MDP_INVALID_ARGUMENT');
    }
    expect(new codec.TimeoutError('late', { service: 'echo', attempts: 1 }).name).toBe('TimeoutError');
    expect(shared.backoffMs(1, { baseMs: 100, maxMs: 100 })).toBeGreaterThanOrEqual(50);
    expect(codec.byteLength(codec.toFrames(['größe', new Uint8Array(2)], 'body'))).toBe(9);
  });
});
