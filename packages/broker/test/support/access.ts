// SPDX-License-Identifier: Apache-2.0
// access - the rights of an endpoint that is open to everybody

import { Access } from '../../src/state/access.js';

export const ANYBODY = new Access('any');
