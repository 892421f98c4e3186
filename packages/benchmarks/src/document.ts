// SPDX-License-Identifier: Apache-2.0
// document - the generated sections of a document; the prose around them is written by hand

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Svg } from './charts/svg.js';

/** Where the results are written. */
export const DOCUMENT_PATH = fileURLToPath(new URL('../../../docs/benchmarks.md', import.meta.url));

/**
 * Replace one generated section of a document: what stands between `<!-- MARK -->` and `<!-- /MARK -->`.
 *
 * @param document - the whole text
 * @param mark - what names the section, such as `bench:e2e`
 * @param content - Markdown without a newline at its ends
 * @returns the new text
 * @throws Error when the document does not have both marks, once each and in order
 */
export function replaceSection(document: string, mark: string, content: string): string {
  const open = `<!-- ${mark} -->`;
  const close = `<!-- /${mark} -->`;
  const [before, inside, ...more] = document.split(open);
  const [, after, ...rest] = (inside ?? '').split(close);
  if (before === undefined || after === undefined || more.length > 0 || rest.length > 0) {
    throw new Error(`the document must have ${open} and ${close}, once each and in this order`);
  }
  return `${before}${open}\n\n${content}\n\n${close}${after}`;
}

/** Write sections into {@link DOCUMENT_PATH}, by name; the others stay as they are. */
export async function writeSections(sections: ReadonlyMap<string, string>, path = DOCUMENT_PATH): Promise<void> {
  let document = await readFile(path, 'utf8');
  for (const [name, content] of sections) document = replaceSection(document, `bench:${name}`, content);
  await writeFile(path, document);
}

/** The folder of the charts, beside the document. */
const CHARTS = 'benchmarks';

/** Charts by name, and the Markdown that shows each. */
export class Charts {
  readonly #drawn = new Map<string, Svg>();

  /**
   * Take a chart.
   *
   * @param name - of its file, without `.svg`
   * @returns Markdown that shows it in the document
   */
  draw(name: string, svg: Svg): string {
    this.#drawn.set(name, svg);
    const title = /aria-label="([^"]*)"/.exec(svg)?.[1] ?? name;
    return `![${title}](${CHARTS}/${name}.svg)`;
  }

  /** Write them all into their folder beside a document. */
  async write(path = DOCUMENT_PATH): Promise<void> {
    const folder = join(dirname(path), CHARTS);
    await mkdir(folder, { recursive: true });
    for (const [name, svg] of this.#drawn) await writeFile(join(folder, `${name}.svg`), svg);
  }
}
