// SPDX-License-Identifier: Apache-2.0
// page - the status page as one answer, which runs its own script, asks its own server, and nothing else

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AdminReply } from '../admin-server.js';
import { joinModules } from './join-modules.js';

/** The modules of `src/page`, each after those that it needs. */
export const PAGE_MODULES = [
  'format',
  'event-stream',
  'elements',
  'data-table',
  'chart',
  'watch',
  'past',
  'standing',
  'services',
  'workers',
  'overview',
  'trouble',
  'listening',
  'main',
] as const;

/** The style sheets of `page`; what comes later holds where two say something. */
const SHEETS = ['colours', 'frame', 'charts', 'tables', 'narrow'] as const;

const PAGE = new URL('../../page/', import.meta.url);
const BUILT = new URL('../../dist/page/', import.meta.url);

/** What is put between the tags of the page, which are empty in its file. */
const STYLE = '<style></style>';
const ID = 'data-page=""';
const SCRIPT = '<script type="module"></script>';

async function read(name: string, folder: URL): Promise<string> {
  const text = await readFile(new URL(name, folder), 'utf8');
  return text.replaceAll('\r\n', '\n');
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The page, and the policy under which it works. */
export interface StatusPage {
  readonly html: string;
  /** Which one it is: another one has another. */
  readonly id: string;
  readonly policy: string;
}

/** Put the page together from its files. */
export async function makePage(): Promise<StatusPage> {
  const [html, sheets, modules] = await Promise.all([
    read('index.html', PAGE),
    Promise.all(SHEETS.map((name) => read(`${name}.css`, PAGE))),
    Promise.all(PAGE_MODULES.map((name) => read(`${name}.js`, BUILT))),
  ]);
  const style = sheets.join('\n');
  const script = joinModules(modules);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // Text can never become markup, not even by a mistake in the script.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const id = createHash('sha256').update(html).update(style).update(script).digest('hex').slice(0, 16);
  return {
    id,
    html: html
      .replace(ID, () => `data-page="${id}"`)
      .replace(STYLE, () => `<style>${style}</style>`)
      .replace(SCRIPT, () => `<script type="module">${script}</script>`),
    policy,
  };
}

/**
 * The page, made once for all who ask; when that has failed, as it does when no file can be opened, it is made for the next one.
 */
export function pageOnce(make: () => Promise<StatusPage>): () => Promise<StatusPage> {
  let made: Promise<StatusPage> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}

/** The answer for who wants to see the page. */
export function pageReply({ html, policy }: StatusPage): AdminReply {
  return { type: 'text/html; charset=utf-8', headers: { 'content-security-policy': policy }, body: html };
}
