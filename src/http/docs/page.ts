/**
 * The document as a page for people: one HTML file with its own style and a few lines of script, both allowed by their
 * hashes and nothing else.
 * Promises: no request to anywhere; everything is readable without the script, which only finds and copies. Must never:
 * put text of the document into the page unescaped.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Html, html } from '../../texts/html.ts';
import type { Document } from '../openapi/model.ts';
import type { Call } from './code.ts';
import { anchorOf, methodBadge, operationSection, pathText } from './operation.ts';
import { prose } from './prose.ts';

const asset = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const STYLE = asset('page.css');
const SCRIPT = asset('page.js');

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function page(document: Document): string {
  const groups = groupsOf(document);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${document.info.title} API</title>
<link rel="icon" href="data:,">
<style>${{ html: STYLE }}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
${navigation(document, groups)}
<main id="content">
${introduction(document)}
${groups.map((group) => section(document, group))}
<footer><p>Made from the routes of this very service. The same as a machine reads it: <a href="openapi.json">openapi.json</a>.</p></footer>
</main>
<script>${{ html: SCRIPT }}</script>
</body>
</html>
`.html;
}

interface Group {
  readonly name: string;
  readonly description: string;
  readonly calls: readonly Call[];
}

const slug = (name: string): string => `tag-${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;

function groupsOf({ paths, tags }: Document): Group[] {
  const calls = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Call => ({ method, path, operation })),
  );
  return tags.map(({ name, description }) => ({
    name,
    description,
    calls: calls.filter(({ operation }) => operation.tags.includes(name)),
  }));
}

const MARK = html`<svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><rect width="32" height="32" rx="8"/><path d="M6.5 16h9M11 11.5v9M20 12l4-2.5v13"/></svg>`;

function navigation({ info }: Document, groups: readonly Group[]): Html {
  return html`<header class="side">
<p class="brand"><a href="#content">${MARK}<span>${info.title}</span></a> <span class="version">API ${info.version}</span></p>
<details class="menu" open><summary>Contents</summary>
<div class="find" hidden><label for="find">Find an operation</label><input id="find" type="search" placeholder="Find: rewards, POST, codes …" autocomplete="off"><p id="found" role="status"></p></div>
<nav aria-label="Operations">${groups.map(
    ({ name, calls }) => html`<h2><a href="#${slug(name)}">${name}</a></h2>
<ul>${calls.map(
      ({ method, operation }) =>
        html`<li><a href="#${anchorOf(operation)}">${methodBadge(method)}<span>${operation.summary}</span></a></li>`,
    )}</ul>`,
  )}</nav></details>
</header>`;
}

function introduction(document: Document): Html {
  const { info, servers, components } = document;
  const paragraphs = String(info.description).split('\n\n');
  const schemes = Object.entries(components.securitySchemes);
  return html`<section class="intro">
<h1>The ${info.title} API</h1>
<div class="lead">${paragraphs.map((text) => html`<p>${prose(text)}</p>`)}</div>
<p class="base">Base URL <code>${pathText(servers[0]?.url ?? '')}</code></p>
<h2 id="credentials">Credentials</h2>
<dl>${schemes.map(([name, scheme]) => html`<div><dt>${wordsOf(name)}</dt><dd>${prose(String(scheme.description))}</dd></div>`)}</dl>
</section>`;
}

/** memberToken → Member token. */
function wordsOf(name: string): string {
  const words = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function section(document: Document, { name, description, calls }: Group): Html {
  return html`<section class="group" aria-labelledby="${slug(name)}">
<h2 id="${slug(name)}">${name}</h2>
<p class="lead">${prose(description)}</p>
${calls.map((call) => operationSection(document, call))}
</section>`;
}
