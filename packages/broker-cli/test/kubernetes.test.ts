// SPDX-License-Identifier: Apache-2.0
// kubernetes.test - the manifests in docker/kubernetes fit Kubernetes, the program and one another

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IConfigMap, IService } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';
import { readCommandLine } from '../src/command-line.js';
import { parseConfig } from '../src/config-file.js';
import { unknownVariables } from '../src/environment.js';
import { readPing } from '../src/peer-flags.js';
import { resolveSettings } from '../src/settings.js';
import { ROOT } from './support/cli.js';
import type { Manifest } from './support/kubernetes.js';
import { checkValues, unknownFields } from './support/kubernetes.js';

const FOLDER = join(ROOT, 'docker/kubernetes');

/** How often a name is looked up, in seconds: the default of clients and workers. */
const LOOK_UP = 30;

function fileOf(file: string): Manifest[] {
  // Kubernetes reads YAML 1.1, where 0440 is octal and `on` is true.
  const documents = parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8'), { version: '1.1' });
  return documents.map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

const manifests = readdirSync(FOLDER).flatMap(fileOf);

function find(kind: string, name = 'mdp-broker'): unknown {
  const found = manifests.filter((one) => one.kind === kind && one.metadata.name === name);
  expect(found).toHaveLength(1);
  return found[0];
}

describe('by the schemas of Kubernetes', () => {
  test.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
    '%s is right',
    (_, manifest) => {
      checkValues(manifest);
    },
  );

  test('a wrong value would be noticed', () => {
    const budget = find('PodDisruptionBudget') as Manifest;
    expect(() => {
      checkValues({ ...budget, spec: { maxUnavailable: [1] } } as Manifest);
    }).toThrow(/maxUnavailable/);
  });

  test('there is no field that is not known, but for one that is misspelt on purpose', () => {
    const misspelt = { ...(find('PodDisruptionBudget') as Manifest), spec: { maxUnavailble: 1 } };
    expect(manifests).toHaveLength(6);
    expect(unknownFields([...manifests, misspelt])).toEqual([expect.stringMatching(/maxUnavailble.* does not exist/)]);
  }, 120_000);
});

describe('the Deployment', () => {
  const { spec } = find('Deployment') as IDeployment;
  const pod = spec?.template.spec;
  const [container] = pod?.containers ?? [];
  const env = Object.fromEntries((container?.env ?? []).map(({ name, value = '' }) => [name, value]));
  const config = (find('ConfigMap') as IConfigMap).data?.['broker.yaml'] ?? '';

  test('runs a command line that the program takes, with variables that it knows', async () => {
    const found = await readCommandLine(container?.args ?? []);
    expect(found?.values.get('config')).toEqual(['/etc/mdp-broker/broker.yaml']);
    expect(unknownVariables(env)).toEqual([]);
  });

  test('has a config that the program takes, with the ports of the container', async () => {
    const { broker } = resolveSettings(await parseConfig(config, 'broker.yaml'));
    const bound = [broker.endpoints].flat().map((one) => {
      const { endpoint, role } = one as { readonly endpoint: string; readonly role: string };
      return { name: role, containerPort: Number(endpoint.slice('tcp://*:'.length)) };
    });
    expect(container?.ports).toEqual(bound);
  });

  test('mounts what config and variables name', async () => {
    const mounts = (container?.volumeMounts ?? []).map(({ mountPath }) => mountPath);
    const { broker } = resolveSettings(await parseConfig(config, 'broker.yaml'));
    const allowed = [broker.endpoints].flat().flatMap((one) => (one as { readonly allow?: string[] }).allow ?? []);
    const named = [broker.curve?.keyFile ?? '', env['MDP_KEY'] ?? '', ...allowed];
    expect(named).toHaveLength(4);
    for (const path of named) expect(mounts.some((mount) => path.startsWith(mount))).toBe(true);
    expect((pod?.volumes ?? []).map(({ name }) => name)).toEqual(
      (container?.volumeMounts ?? []).map(({ name }) => name),
    );
  });

  test('probes by commands that the program takes, which give up before they are ended', async () => {
    for (const probe of [container?.readinessProbe, container?.livenessProbe]) {
      const [program, ...args] = probe?.exec?.command ?? [];
      expect(program).toBe('mdp-broker');
      const found = await readCommandLine(args);
      expect(found?.command.name).toBe('ping');
      const { timeoutMs, brokers } = readPing(found?.values ?? new Map<string, string[]>(), env);
      expect(timeoutMs / 1000).toBeLessThan(probe?.timeoutSeconds ?? 0);
      expect(brokers).toEqual(['tcp://127.0.0.1:5555']);
    }
  });

  test('gives names the time to be looked up, and the drain its own', async () => {
    const { drainMs } = resolveSettings(await parseConfig(config, 'broker.yaml'));
    const [sleep, pause] = container?.lifecycle?.preStop?.exec?.command ?? [];
    expect(sleep).toBe('sleep');
    expect(Number(pause)).toBeGreaterThan(LOOK_UP);
    expect(container?.readinessProbe?.initialDelaySeconds).toBeGreaterThan(LOOK_UP);
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(pause) + drainMs / 1000 + 10);
  });

  test('has no rights', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod?.volumes?.find(({ name }) => name === 'keys')?.secret?.defaultMode).toBe(0o440);
  });
});

test('everything else selects the pods of the Deployment, and its ports by their names', () => {
  const { spec } = find('Deployment') as IDeployment;
  const labels = spec?.template.metadata?.labels;
  const ports = (spec?.template.spec?.containers[0]?.ports ?? []).map(({ name }) => name);
  const services = ['mdp-broker', 'mdp-broker-workers'].map((name) => find('Service', name) as IService);
  const policy = find('NetworkPolicy') as INetworkPolicy;
  const budget = find('PodDisruptionBudget') as IPodDisruptionBudget;
  expect(spec?.selector.matchLabels).toEqual(labels);
  for (const service of services) {
    expect(service.spec?.selector).toEqual(labels);
    expect(service.spec?.clusterIP).toBe('None');
  }
  expect(services.map((service) => service.spec?.publishNotReadyAddresses)).toEqual([undefined, true]);
  expect(services.flatMap((service) => service.spec?.ports?.map(({ targetPort }) => targetPort))).toEqual(ports);
  expect(policy.spec?.podSelector.matchLabels).toEqual(labels);
  expect(policy.spec?.ingress?.flatMap((rule) => rule.ports?.map(({ port }) => port))).toEqual(ports);
  expect(budget.spec?.selector?.matchLabels).toEqual(labels);
  expect(spec?.replicas).toBeGreaterThan(Number(budget.spec?.maxUnavailable));
});
