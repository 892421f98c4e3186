// SPDX-License-Identifier: Apache-2.0
// join-modules.test - modules become one script, or it is said why not

import { describe, expect, test } from '@jest/globals';
import { joinModules } from '../../src/status-page/join-modules.js';

describe('joinModules', () => {
  test('takes imports and exports away, and leaves everything else', () => {
    const first =
      'const important = 1;\nexport const a = important;\nexport async function b() {}\nexport class C {\n}\n//# sourceMappingURL=first.js.map\n';
    const second =
      "import { a } from './first.js';\nimport {\n  b,\n} from './first.js';\n// import and export\nb(a);\n";
    expect(joinModules([first, second, 'export {};\n'])).toBe(
      'const important = 1;\nconst a = important;\nasync function b() {}\nclass C {\n}\n\n// import and export\nb(a);\n\n\n',
    );
  });

  test('does not mind how lines end', () => {
    expect(joinModules(["import './a.js';\r\nexport const a = 1;\r\n"])).toBe('const a = 1;\n');
  });

  test.each([
    'export default 1;',
    "export * from './a.js';",
    'export { a };',
    'const a = "</script>";',
    'const a = "<!--";',
  ])('refuses %s', (text) => {
    expect(() => joinModules([text])).toThrow('cannot be joined because of');
  });
});
