import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/**', '**/coverage/**', 'docs/site/**', 'node_modules/**'] },
  {
    files: ['packages/*/src/**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  },
  {
    files: ['packages/*/test/**/*.ts', 'packages/testkit/{packaging,interop,faults,attacks,chaos}/**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/require-await': 'off' },
  },
  {
    files: ['packages/*/{src,test}/**/*.ts', 'packages/testkit/{packaging,interop,faults,attacks,chaos}/**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // A default row for what a type cannot yet have is wanted at the border to peers.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // Checks of what a JavaScript caller gives contradict the declared types on purpose.
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'CatchClause > BlockStatement[body.length=0]', message: 'No silent catch.' },
      ],
    },
  },
  {
    // State machines know no socket, no timer and no wall clock: time comes in as an argument.
    files: ['packages/*/src/state/**/*.ts', 'packages/protocol/src/**/*.ts'],
    ignores: ['packages/protocol/src/node.ts', 'packages/protocol/src/node/**'],
    rules: {
      'no-restricted-imports': ['error', { paths: ['zeromq'], patterns: ['node:*'] }],
      'no-restricted-globals': [
        'error',
        'Date',
        'performance',
        'process',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'clearTimeout',
        'queueMicrotask',
      ],
    },
  },
);
