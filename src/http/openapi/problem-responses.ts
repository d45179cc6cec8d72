/**
 * The refusals in the document: the form of a problem, one response for each set of codes, one example for each code.
 */
import * as z from 'zod';
import { PROBLEMS, type ProblemCode } from '../problems.ts';
import type { Document, Reference } from './model.ts';

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** A dialect may add its product's own fields. */
export const problemForm = z
  .object({
    type: z.string().describe('`urn:plusone:problem:<code>`'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(CODES).meta({ id: 'ProblemCode' }),
    errors: z
      .array(
        z
          .strictObject({ index: z.int().optional(), field: z.string(), reason: z.string() })
          .meta({ id: 'FieldProblem' }),
      )
      .optional()
      .describe('the fields that are missing or wrong; `index`: where it stands in a list'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

/** The response for these codes, which are of one status; remembered in `seen`, to be put among the components. */
export function problemReference(codes: readonly ProblemCode[], seen: Map<string, readonly ProblemCode[]>): Reference {
  const name = codes.join('.');
  seen.set(name, codes);
  return { $ref: `#/components/responses/${name}` };
}

export function problemResponses(
  seen: ReadonlyMap<string, readonly ProblemCode[]>,
  used: ReadonlySet<ProblemCode>,
): Pick<Document['components'], 'responses' | 'examples'> {
  const byName = [...seen].sort(([a], [b]) => a.localeCompare(b));
  return {
    responses: Object.fromEntries(byName.map(([name, codes]) => [name, responseOf(codes)])),
    examples: Object.fromEntries(CODES.filter((code) => used.has(code)).map((code) => [code, exampleOf(code)])),
  };
}

export function responseOf(codes: readonly ProblemCode[]) {
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}.`).join(' '),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

function exampleOf(code: ProblemCode) {
  const [status, title] = PROBLEMS[code];
  return { summary: title, value: { type: `urn:plusone:problem:${code}`, title, status, detail: title, code } };
}
