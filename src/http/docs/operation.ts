/**
 * One operation on the page: what it is for on the left, how it looks on the right.
 */

import { type Html, html } from '../../texts/html.ts';
import { type Answered, type Document, type Operation, resolve } from '../openapi/model.ts';
import { type Call, codeBox, curl, jsonInColours } from './code.ts';
import { field, fieldsOf } from './fields.ts';
import { prose } from './prose.ts';

const CREDENTIALS: Readonly<Record<string, string>> = {
  adminToken: 'admin token',
  adminSession: 'session of a named admin',
  memberToken: 'member token',
  memberKey: 'member API key',
  serverKey: 'server key',
  webhookSignature: "the provider's signature",
};

export function anchorOf({ operationId }: Operation): string {
  return operationId.replaceAll('.', '-');
}

export const methodBadge = (method: string): Html =>
  html`<span class="method ${method}">${method.toUpperCase()}</span>`;

/** A path may break behind each slash. */
export function pathText(path: string): Html {
  return html`${path.split(/(?<=\/)/).map((part) => html`${part}<wbr>`)}`;
}

export function operationSection(document: Document, call: Call): Html {
  const { method, path, operation } = call;
  const id = anchorOf(operation);
  return html`<article class="operation" id="${id}" data-search="${searchText(call)}">
  <div class="what">
    <h3><a href="#${id}">${operation.summary}</a></h3>
    <p class="route">${methodBadge(method)} <code>${pathText(path)}</code></p>
    ${operation.description ? html`<p>${prose(operation.description)}</p>` : ''}
    <p class="credential">${credentialOf(operation)}</p>
    ${parametersOf(document, operation)}
    ${bodyOf(document, operation)}
    ${answersOf(document, operation)}
    ${refusalsOf(document, operation)}
  </div>
  <div class="how">
    ${codeBox('Request', curl(document, call))}
    ${exampleOf(operation)}
  </div>
</article>`;
}

function searchText({ method, path, operation }: Call): string {
  return [method, path, operation.operationId, operation.summary, ...operation.tags].join(' ').toLowerCase();
}

function credentialOf({ security }: Operation): Html {
  const isOpen = security.length === 0 || security.some((each) => Object.keys(each).length === 0);
  const ways = security.flatMap((each) => {
    const [name, scopes] = Object.entries(each).find(([key]) => CREDENTIALS[key] !== undefined) ?? [];
    if (name === undefined) return [];
    const scope = scopes && scopes.length > 0 ? html` (<code>${scopes.join(', ')}</code>)` : '';
    const actsFor = 'actsFor' in each ? html` with <code>Plusone-Member</code>` : '';
    return [html`${CREDENTIALS[name]}${scope}${actsFor}`];
  });
  if (ways.length === 0) return html`<b>Open to all</b>`;
  const list = ways.map((way, index) => html`${index === 0 ? '' : index === ways.length - 1 ? ' or ' : ', '}${way}`);
  return isOpen ? html`<b>Open to all</b>, unless the program keeps it to: ${list}` : html`<b>Needs</b> ${list}`;
}

function parametersOf(document: Document, { parameters = [] }: Operation): Html | undefined {
  if (parameters.length === 0) return undefined;
  const groups = Map.groupBy(parameters, (each) => each.in);
  const titles = { path: 'In the path', query: 'In the query', header: 'Headers' } as const;
  return html`${[...groups].map(
    ([where, some]) =>
      html`<h4>${titles[where]}</h4><ul class="fields">${some.map(({ name, required, description, schema }) =>
        field(document, { name, required, schema: { ...schema, description }, way: 'asked' }),
      )}</ul>`,
  )}`;
}

function bodyOf(document: Document, { requestBody }: Operation): Html | undefined {
  const [media] = Object.values(requestBody?.content ?? {});
  if (!media) return undefined;
  const fields = fieldsOf(document, media.schema, 'asked');
  const needed = requestBody?.required ? '' : html` <span class="type">optional</span>`;
  return html`<h4>Body${needed}</h4>${fields ?? html`<p>The bytes as they were signed.</p>`}`;
}

function answersOf(document: Document, { responses }: Operation): Html {
  const successes = Object.entries(responses).filter(([status]) => status.startsWith('2') || status.startsWith('3'));
  const statuses = successes.map(([status]) => status).join(' or ');
  const { content } = resolve<Answered>(document, successes[0]?.[1] as Answered);
  const [type = '', media] = Object.entries(content)[0] ?? [];
  const fields = media && fieldsOf(document, media.schema, 'answered');
  return fields
    ? html`<details class="part" open><summary><h4>Answer <span class="status ok">${statuses}</span></h4></summary>${fields}</details>`
    : html`<h4>Answer <span class="status ok">${statuses}</span> <code>${type}</code></h4>`;
}

function refusalsOf(document: Document, { responses }: Operation): Html {
  const refusals = Object.entries(responses).filter(([status]) => Number(status) >= 400);
  const codes = refusals.flatMap(([status, response]) => {
    const media = resolve<Answered>(document, response).content['application/problem+json'];
    return Object.keys(media?.examples ?? {}).map((code) => ({ status, code }));
  });
  return html`<details class="part"><summary><h4>Refusals <span class="type">${codes.length}</span></h4></summary>
    <ul class="refusals">${codes.map(
      ({ status, code }) =>
        html`<li><span class="status">${status}</span> <code>${code}</code> <span>${titleOf(document, code)}</span></li>`,
    )}</ul></details>`;
}

function titleOf(document: Document, code: string): string {
  return (document.components.examples[code]?.value as { title?: string } | undefined)?.title ?? '';
}

function exampleOf({ responses }: Operation): Html | undefined {
  const [status, first] = Object.entries(responses)[0] ?? [];
  const media = first && 'content' in first ? first.content['application/json'] : undefined;
  if (media?.example === undefined) return undefined;
  return codeBox(`Answer ${status}`, jsonInColours(media.example));
}
