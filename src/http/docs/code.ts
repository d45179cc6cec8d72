/**
 * What stands in the dark boxes: a curl command that could be pasted, and JSON in colours.
 */

import { type Html, html } from '../../texts/html.ts';
import type { Document, Operation, Parameter } from '../openapi/model.ts';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The variable that holds the credential in the command. */
const TOKENS: Readonly<Record<string, string>> = {
  adminToken: '$ADMIN_TOKEN',
  memberToken: '$MEMBER_TOKEN',
  memberKey: '$MEMBER_KEY',
  serverKey: '$SERVER_KEY',
};

export function curl(document: Document, { method, path, operation }: Call): string {
  const { parameters = [], requestBody, security } = operation;
  const server = document.servers[0]?.url ?? '';
  const url = `${server}${filled(path, parameters)}${queryOf(parameters)}`;
  const given = Object.keys(security[0] ?? {});
  const token = given.map((name) => TOKENS[name]).find((each) => each !== undefined);
  const lines = [method === 'get' ? 'curl' : `curl -X ${method.toUpperCase()}`, quoted(url)];
  if (token) lines.push(`-H "Authorization: Bearer ${token}"`);
  if (given.includes('webhookSignature')) {
    lines.push('-H "webhook-id: $ID" -H "webhook-timestamp: $NOW" -H "webhook-signature: $SIGNATURE"');
    lines.push('-H "Content-Type: application/json"', '--data-binary @event.json');
  }
  const media = requestBody?.content['application/json'];
  if (media) lines.push('-H "Content-Type: application/json"', `-d ${apostrophes(media.example)}`);
  return lines.join(' \\\n  ');
}

function filled(path: string, parameters: readonly Parameter[]): string {
  return path.replace(/\{(\w+)\}/g, (whole, name) => {
    const { example } = parameters.find((each) => each.in === 'path' && each.name === name) ?? {};
    return example === undefined ? whole : encodeURIComponent(String(example)).replaceAll('%3A', ':');
  });
}

/** Only what must be there. */
function queryOf(parameters: readonly Parameter[]): string {
  const needed = parameters.filter((each) => each.in === 'query' && each.required);
  return needed.length === 0 ? '' : `?${needed.map(({ name }) => `${name}=claudexia`).join('&')}`;
}

const quoted = (url: string): string => (/[?&]/.test(url) ? `"${url}"` : url);

const LINE_MAX = 56;

function apostrophes(value: unknown): string {
  const short = JSON.stringify(value);
  const text = short.length > LINE_MAX ? JSON.stringify(value, null, 2).replaceAll('\n', '\n  ') : short;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?/g;

export function jsonInColours(value: unknown): Html {
  const text = JSON.stringify(value, null, 2);
  const parts: Html[] = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon] = match;
    parts.push(html`${text.slice(at, match.index)}`);
    const kind = colon ? 'k' : string ? 's' : 'n';
    parts.push(html`<span class="${kind}">${string ?? whole}</span>${colon}`);
    at = match.index + whole.length;
  }
  return html`${parts}${text.slice(at)}`;
}

/** A box with its title and a button that copies it; the button shows itself only where the script runs. */
export function codeBox(title: string, code: Html | string): Html {
  return html`<figure class="code"><figcaption>${title}<button type="button" class="copy" hidden>Copy</button></figcaption><pre tabindex="0"><code>${code}</code></pre></figure>`;
}
