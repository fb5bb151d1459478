/**
 * The container files and the manifests, without a Docker engine or a cluster: the Dockerfile and the compose file are
 * checked, each overlay is rendered by kubectl and every object of it held against the schema of its kind.
 * Ends with a line `N passed, N failed`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate } from 'dockerfile-utils';
import { parse, parseAllDocuments } from 'yaml';
import { expectEqual, step, sumUp } from './steps.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CONTAINER = join(ROOT, 'deploy/container');
const OVERLAYS = ['single', 'clustered'];
/** Kinds whose schema belongs to an operator that is installed apart. */
const FOREIGN = ['keda.sh/v1alpha1'];

await step('the Dockerfile is sound', dockerfile);
await step('the compose file names what is there, and has no secret', compose);
for (const overlay of OVERLAYS) {
  await step(`${overlay}: every object is of its kind's schema`, () => schemas(overlay));
  await step(`${overlay}: pods are locked down, probed, and drain`, () => pods(overlay));
  await step(`${overlay}: the Service may be asked by its names`, () => names(overlay));
  await step(`${overlay}: every selector finds the pods it is for`, () => selectors(overlay));
}
sumUp();

function dockerfile() {
  const text = readFileSync(join(CONTAINER, 'Dockerfile'), 'utf8');
  expectEqual(JSON.stringify(validate(text)), '[]');
  const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) => names.split(' '));
  for (const name of copied) expectThere(join(ROOT, name));
  expectEqual(/^USER \d+:\d+$/m.test(text), true);
}

function compose() {
  const { services } = parse(readFileSync(join(CONTAINER, 'compose.yaml'), 'utf8'));
  expectThere(join(CONTAINER, services.portcullis.build.context, services.portcullis.build.dockerfile));
  for (const service of Object.values(services)) {
    for (const volume of service.volumes ?? []) {
      const [from] = volume.split(':');
      if (from.startsWith('.')) expectThere(join(CONTAINER, from));
    }
    for (const port of service.ports ?? []) expectEqual(port.startsWith('127.0.0.1:'), true);
  }
  expectEqual(services.portcullis.environment.ADMIN_TOKEN.startsWith('${ADMIN_TOKEN:?'), true);
  const scraped = parse(readFileSync(join(CONTAINER, 'prometheus.yml'), 'utf8')).scrape_configs[0].static_configs[0]
    .targets;
  const names = /:-(.*)\}$/.exec(services.portcullis.environment.ALLOWED_HOSTS)[1].split(',');
  for (const target of scraped) expectEqual(names.includes(target.split(':')[0]), true);
}

function names(overlay) {
  const objects = rendered(overlay);
  const { data } = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('portcullis'));
  const { metadata } = objects.find(({ kind, metadata: { name } }) => kind === 'Service' && name === 'portcullis');
  const short = `${metadata.name}.${metadata.namespace}`;
  const expected = [metadata.name, short, `${short}.svc`, `${short}.svc.cluster.local`];
  expectEqual(data.ALLOWED_HOSTS, expected.join(','));
}

function expectThere(path) {
  if (!existsSync(resolve(path))) throw new Error(`expected ${path}, which is not there`);
}

function rendered(overlay) {
  const folder = join(ROOT, 'deploy/kubernetes/overlays', overlay);
  const text = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', cwd: dirname(folder) });
  return parseAllDocuments(text).map((document) => document.toJS());
}

async function schemas(overlay) {
  for (const object of rendered(overlay)) {
    if (FOREIGN.includes(object.apiVersion)) continue;
    const path = object.apiVersion.includes('/') ? object.apiVersion : `/${object.apiVersion}`;
    const models = await import(`kubernetes-models/${path.replace(/^\//, '')}`);
    const Model = (models.default ?? models)[object.kind] ?? models[object.kind];
    if (Model === undefined) throw new Error(`expected a kind of ${object.apiVersion}, got ${object.kind}`);
    new Model(object).validate();
    expectEqual(object.kind === 'Secret', false);
    expectEqual(object.kind === 'Namespace' || object.metadata.namespace === 'portcullis', true);
  }
}

function pods(overlay) {
  const workloads = rendered(overlay).filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind));
  expectEqual(workloads.length > 0, true);
  for (const { spec } of workloads) {
    const pod = spec.template.spec;
    expectEqual(pod.securityContext.runAsNonRoot, true);
    for (const container of pod.containers) {
      expectEqual(container.securityContext.readOnlyRootFilesystem, true);
      expectEqual(container.securityContext.allowPrivilegeEscalation, false);
      expectEqual(container.securityContext.capabilities.drop.join(), 'ALL');
      expectEqual(container.livenessProbe !== undefined && container.readinessProbe !== undefined, true);
    }
  }
  const { spec } = workloads.find(({ metadata }) => metadata.name === 'portcullis');
  const [container] = spec.template.spec.containers;
  expectEqual(container.livenessProbe.httpGet.path, '/healthz');
  expectEqual(container.readinessProbe.httpGet.path, '/readyz');
  expectEqual(spec.template.spec.enableServiceLinks, false);
  expectEqual(spec.template.spec.terminationGracePeriodSeconds >= 30, true);
}

function selectors(overlay) {
  const objects = rendered(overlay);
  const labelsOf = (name) =>
    objects.find(({ kind, metadata }) => /^(?:Deployment|StatefulSet)$/.test(kind) && metadata.name === name).spec
      .template.metadata.labels;
  for (const { kind, metadata, spec } of objects) {
    const selector = {
      Service: spec?.selector,
      PodDisruptionBudget: spec?.selector?.matchLabels,
      NetworkPolicy: spec?.podSelector?.matchLabels,
    }[kind];
    if (selector === undefined) continue;
    for (const [name, value] of Object.entries(selector)) expectEqual(labelsOf(metadata.name)[name], value);
    expectEqual(Object.keys(selector).length > 0, true);
  }
}
