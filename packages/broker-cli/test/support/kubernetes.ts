// SPDX-License-Identifier: Apache-2.0
// kubernetes - whether manifests are such as Kubernetes takes, by the schemas that it publishes

import * as apps from 'kubernetes-models/apps/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import { complaintsOf } from './compiler.js';

/** One object of a manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

const MODULES: Readonly<Record<string, { readonly path: string; readonly models: object }>> = {
  v1: { path: 'kubernetes-models/v1', models: core },
  'apps/v1': { path: 'kubernetes-models/apps/v1', models: apps },
  'networking.k8s.io/v1': { path: 'kubernetes-models/networking.k8s.io/v1', models: networking },
  'policy/v1': { path: 'kubernetes-models/policy/v1', models: policy },
};

function moduleOf({ apiVersion }: Manifest): { readonly path: string; readonly models: object } {
  const found = MODULES[apiVersion];
  if (found === undefined) throw new Error(`there is no schema for apiVersion ${apiVersion}`);
  return found;
}

/**
 * Check values, and what must be there, by the schemas.
 *
 * @throws Error that says what is wrong
 */
export function checkValues(manifest: Manifest): void {
  const models = moduleOf(manifest).models as Record<string, new (data: Manifest) => { validate(): void }>;
  const Model = models[manifest.kind];
  if (Model === undefined) throw new Error(`there is no schema for ${manifest.apiVersion} ${manifest.kind}`);
  new Model(manifest).validate();
}

/**
 * Check that there is no field that Kubernetes does not know. The schemas let these pass, as they let newer versions add some; the types
 * made of them do not.
 *
 * @returns what is wrong
 */
export function unknownFields(manifests: readonly Manifest[]): string[] {
  const text = manifests
    .map((manifest, i) => {
      const name = `I${manifest.kind}`;
      const alias = `${name}${String(i)}`;
      const { path } = moduleOf(manifest);
      return `import type { ${name} as ${alias} } from '${path}';\nexport const m${String(i)}: ${alias} = ${JSON.stringify(manifest)};\n`;
    })
    .join('');
  return complaintsOf(text);
}
