// SPDX-License-Identifier: Apache-2.0
// join-modules - makes one script of the modules of the page, so that the page is one answer and its policy can name the script

/** `import … from '…';` of one line or more. */
const IMPORT = /^import\b[^;]*;[^\S\n]*$/gm;

/** `export {};`, which the compiler puts into modules without exports. */
const EMPTY_EXPORT = /^export \{\s*\};[^\S\n]*$/gm;

const EXPORT = /^export (?=(?:async )?(?:function|class|const|let)\b)/gm;

/** Where the source is: not on the server. */
const SOURCE_MAP = /^\/\/# sourceMappingURL=.*$/gm;

/** What would be left of a module, or would end a script in a page. */
const LEFTOVER = /^(?:import|export)\b|<\/script|<!--/im;

/**
 * Join modules that import nothing but one another, and whose names at the top do not meet.
 *
 * @param modules - as the compiler writes them; each comes after those that it needs to begin with
 * @throws Error when one has something that cannot be joined so
 */
export function joinModules(modules: readonly string[]): string {
  const joined = modules
    .map((text) =>
      [IMPORT, EMPTY_EXPORT, EXPORT, SOURCE_MAP].reduce((rest, what) => rest.replace(what, ''), unixLines(text)).trim(),
    )
    .join('\n\n');
  const [leftover] = LEFTOVER.exec(joined) ?? [];
  if (leftover !== undefined) throw new Error(`the modules of the page cannot be joined because of ${leftover}`);
  return `${joined}\n`;
}

function unixLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
