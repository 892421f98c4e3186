// SPDX-License-Identifier: Apache-2.0
// plugin - makes TypeDoc's pages one site with the guides: their sections, titles and addresses, and sources that can be read

import { relative, sep } from 'node:path';
import type { DocumentReflection, FileRegistry, Reflection } from 'typedoc';
import { Application, Converter, KindRouter, PageEvent, RendererEvent } from 'typedoc';
import { pageOf, readSections, titleOf } from './sections.js';

/** Files that a browser would run, save or play (`.ts` is a kind of film) in place of showing them. */
const CODE = /\.(?:[cm]?[jt]s|json|py|sh|ya?ml|service|conf)$/;

/** The part of a parser of Markdown that is used here. */
interface Parser {
  readonly core: { readonly ruler: { push(name: string, rule: (state: { tokens: Token[] }) => void): void } };
}
interface Token {
  type: string;
  content: string;
  children: Token[] | null;
}

/** What TypeDoc calls when it has read the option `plugin`. */
export function load(app: Application): void {
  const root = process.cwd();
  const sections = readSections(root);
  const pathOf = (document: Reflection): string =>
    relative(root, document.project.files.getReflectionPath(document) ?? '')
      .split(sep)
      .join('/');

  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    const titles = sections.map(({ title }) => title);
    app.options.setValue(
      'projectDocuments',
      sections.flatMap(({ documents }) => documents),
    );
    // The packages stand before the last section, which is about the project.
    app.options.setValue('groupOrder', [...titles.slice(0, -1), 'Modules', ...titles.slice(-1), '*']);
    app.options.setValue('markdownItLoader', readHeadingsWhole);
  });

  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context: unknown, document: DocumentReflection) => {
    const path = pathOf(document);
    const start = document.content.map(({ text }) => text).join('');
    document.name = titleOf(start) ?? path;
    const section = sections.find(({ documents }) => documents.includes(path));
    document.frontmatter['group'] = section?.title ?? 'More';
    // Who searches for a word wants the guide that explains it before the members that are named like it, and the changelog last.
    document.relevanceBoost = section === sections.at(-1) ? 0.5 : 4;
  });

  app.renderer.defineRouter(
    'site',
    class extends KindRouter {
      protected override getIdealBaseName(reflection: Reflection): string {
        return reflection.isDocument() ? pageOf(pathOf(reflection)) : super.getIdealBaseName(reflection);
      }
    },
  );

  app.renderer.on(RendererEvent.BEGIN, ({ project }: RendererEvent) => {
    showCodeAsText(project.files);
  });

  app.renderer.on(PageEvent.END, (page: PageEvent) => {
    // Without a server a folder is a list of files.
    page.contents = (page.contents ?? '').replaceAll(/href="((?:\.\.?\/)+)"/g, 'href="$1index.html"');
  });
}

/** TypeDoc leaves code out when it makes the anchor of a heading; GitHub does not, and links in documents follow GitHub. */
function readHeadingsWhole(parser: Parser): void {
  parser.core.ruler.push('heading_code', ({ tokens }) => {
    tokens.forEach(({ type }, i) => {
      if (type !== 'heading_open') return;
      for (const child of tokens[i + 1]?.children ?? []) {
        if (child.type === 'code_inline') child.children = [{ type: 'text', content: child.content, children: null }];
      }
    });
  });
}

/** Source files that documents link to are copied; here they get a name by which any server and browser shows them. */
function showCodeAsText(files: FileRegistry): void {
  const nameOf = files.getName.bind(files);
  const all = files.getNameToAbsoluteMap.bind(files);
  const asText = (name: string): string => (CODE.test(name) ? `${name}.txt` : name);
  files.getName = (id) => {
    const name = nameOf(id);
    return name === undefined ? undefined : asText(name);
  };
  files.getNameToAbsoluteMap = () => new Map([...all()].map(([name, path]) => [asText(name), path]));
}
