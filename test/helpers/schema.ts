import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { ERROR_CODES } from '../../src/engine/errors.ts';
import type { Document } from '../../src/render/document.ts';

const schema = JSON.parse(readFileSync(new URL('../../schema/rad-connect.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

/** What the schema says against a document; nothing for one that it accepts. */
export const complaints = (document: unknown): string[] =>
  validate(document)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );

/** The one document that stdout holds: nothing before it, nothing after it, as the schema has it. */
export function oneDocument(stdout: string): Document {
  const document = JSON.parse(stdout) as Document;
  expect(complaints(document)).toEqual([]);
  for (const { code } of document.errors) expect(Object.keys(ERROR_CODES)).toContain(code);
  return document;
}
