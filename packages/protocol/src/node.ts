// SPDX-License-Identifier: Apache-2.0
// node - what the sibling packages share and a browser does not have; without any promise of stability

export type { KeyFile } from './key-file.js';
export type { CurveKeyPair, CurveOptions, CurveServerOptions, ResolvedCurve } from './node/curve.js';
export {
  curveSocketOptions,
  generateKeyPair,
  publicKeyOf,
  readKeyFile,
  refuseReadableByOthers,
  resolveCurve,
  resolveCurveServer,
} from './node/curve.js';
export type { LookUp, NameHost, NameOptions, NamesOption } from './node/names.js';
export { WatchedName, isNamed, systemLookUp } from './node/names.js';
export { EXPIRY_FORM, parseExpiry } from './node/expiry.js';
