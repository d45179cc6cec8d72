// From the operations of the document to classes: `rewards.list` is the method `list` of the client's `rewards`.
import type { Answered, Document, JsonSchema, Operation, Parameter } from '../../src/http/openapi/model.ts';
import { commentText, typeText } from './types.ts';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function groupsText(document: Document): { text: string; used: Set<string> } {
  const used = new Set(['ProblemCode']);
  const calls = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Call => ({ method, path, operation })),
  );
  const groups = Map.groupBy(
    calls.filter(({ operation }) => operation.operationId.includes('.')),
    ({ operation }) => operation.operationId.split('.')[0] as string,
  );
  const classes = [...groups].map(([group, some]) => classText(document, group, some, used));
  const text = `import type { CallOptions, Caller, Pages } from './runtime.ts';

${apiClass([...groups.keys()])}
${classes.join('\n')}`;
  return { text, used };
}

const className = (group: string): string => `${group.charAt(0).toUpperCase()}${group.slice(1)}Api`;

function apiClass(groups: readonly string[]): string {
  return `export class Api {
${groups.map((group) => `  readonly ${group}: ${className(group)};\n`).join('')}
  constructor(caller: Caller) {
${groups.map((group) => `    this.${group} = new ${className(group)}(caller);\n`).join('')}  }
}
`;
}

function classText(document: Document, group: string, calls: readonly Call[], used: Set<string>): string {
  return `export class ${className(group)} {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

${calls.map((call) => methodText(document, call, used)).join('\n')}}
`;
}

function methodText(document: Document, { method, path, operation }: Call, used: Set<string>): string {
  const { operationId, parameters = [], requestBody, summary, description } = operation;
  const name = operationId.slice(operationId.indexOf('.') + 1);
  const below = path.replace('/p/{program}', '');
  const inPath = [...below.matchAll(/\{(\w+)\}/g)].map(([, each = '']) => each);
  const query = parameters.filter((each) => each.in === 'query' && each.name !== 'cursor');
  const body = requestBody?.content['application/json'];
  const given: string[] = inPath.map((each) => `${camel(each)}: string`);
  const parts = [`method: '${method.toUpperCase()}'`, `path: ${pathText(below)}`];
  if (body) {
    given.push(`body: ${typeText(body.schema, used)}${requestBody.required ? '' : ' = {}'}`);
    parts.push('body');
  }
  if (query.length > 0) {
    given.push(`query: ${queryType(query, used)}${query.some((each) => each.required) ? '' : ' = {}'}`);
    parts.push('query');
  }
  given.push('options?: CallOptions');
  const { type, how } = answerOf(document, operation, used);
  const comment = commentText(description ? `${summary}. ${description}` : summary, '  ');
  return `${comment}  ${name}(${given.join(', ')}): ${type} {
    return this.#caller.${how}({ ${parts.join(', ')} }, options);
  }
`;
}

const camel = (name: string): string => name.replace(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase());

function pathText(path: string): string {
  if (!path.includes('{')) return `'${path}'`;
  return `\`${path.replace(/\{(\w+)\}/g, (_whole, name: string) => `\${encodeURIComponent(${camel(name)})}`)}\``;
}

function queryType(query: readonly Parameter[], used: Set<string>): string {
  const fields = query.map(
    ({ name, required, schema }) => `readonly ${name}${required ? '' : '?'}: ${typeText(schema, used)}`,
  );
  return `{ ${fields.join('; ')} }`;
}

function answerOf(document: Document, { responses }: Operation, used: Set<string>): { type: string; how: string } {
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1] as Answered;
  const [media = '', { schema } = { schema: {} }] = Object.entries(success.content)[0] ?? [];
  if (media !== 'application/json') {
    const isText = media.startsWith('text/') || media === 'image/svg+xml';
    return isText ? { type: 'Promise<string>', how: 'text' } : { type: 'Promise<Blob>', how: 'blob' };
  }
  const item = itemOf(document, schema);
  if (item) return { type: `Pages<${typeText(item, used)}>`, how: 'pages' };
  return { type: `Promise<${typeText(schema, used)}>`, how: 'json' };
}

/** What a page is of; undefined: it is none. */
function itemOf(document: Document, schema: JsonSchema): JsonSchema | undefined {
  const whole = schema.$ref ? document.components.schemas[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] : schema;
  return whole?.properties?.next_cursor ? whole.properties.data?.items : undefined;
}
