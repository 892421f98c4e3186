// SPDX-License-Identifier: Apache-2.0
// programs.test - what is installed is found, and what is not is told

import { describe, expect, test } from '@jest/globals';
import { describeVersions, npmReason } from '../src/installed.js';
import { findProgram, reason } from '../src/programs.js';

test('a program that nobody has is not found', async () => {
  expect(await findProgram('no-such-program-anywhere')).toBeUndefined();
});

describe('reason', () => {
  test('is the last line that a program wrote', () => {
    expect(reason(Object.assign(new Error('failed'), { stderr: 'much\nnot found\n' }))).toBe('not found');
  });

  test('is the message when it wrote nothing', () => {
    expect(reason(Object.assign(new Error('failed'), { stderr: '' }))).toBe('failed');
    expect(reason('odd')).toBe('odd');
  });
});

describe('npmReason', () => {
  test('is the code that npm gives, without the paths and hosts around it', () => {
    const stderr = 'npm warn old\nnpm error code ETARGET\nnpm error notarget /somewhere\n';
    expect(npmReason(Object.assign(new Error('failed'), { stderr }))).toBe('npm says ETARGET');
  });

  test('is the message when npm is not there at all', () => {
    expect(npmReason(new Error('spawn npm ENOENT'))).toBe('spawn npm ENOENT');
  });
});

test('versions are named with their packages', () => {
  expect(describeVersions({ one: '1.0.0', '@two/three': '2.3.0' })).toBe('one 1.0.0, @two/three 2.3.0');
});
