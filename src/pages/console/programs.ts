/**
 * The programs: what each does, its file with every version and what changed between two, and the guide to its sources.
 * Promises: the guide names the exact address and the exact events to tick, and turns green when the first has come. Must
 * never: show a secret: a file names its variables, and only an owner reads it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { EXAMPLES_DIR } from '../../config/programs.ts';
import { programPage } from '../../http/admin/program-schemas.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { Problem } from '../../http/problems.ts';
import { param, type Route } from '../../http/routes.ts';
import { type Html, html } from '../../mail/html.ts';
import type { Ask } from '../ask.ts';
import { count, moment } from '../words.ts';
import { diff } from './diff.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import * as sql from './programs.sql.ts';
import { PROVIDER_STEPS } from './provider-steps.ts';
import { secretVariables } from './source-variables.ts';

type Asker = (req: Request, res: Response) => Ask;
type Listed = z.output<typeof programPage>['data'][number];
type Query = Readonly<Record<string, string | undefined>>;

export function programPageRoutes(deps: Deps, asker: Asker): Route[] {
  const common = { method: 'get', answers: 'text/html', credential: 'admin:read' } as const;
  const all = async (req: Request, res: Response) => (await asker(req, res)(programPage, 'get', '/programs')).data;
  return [
    {
      ...common,
      path: '/programs',
      summary: 'The programs that run here',
      handle: async (req, res) =>
        showPage(req, res, {
          title: 'Programs',
          lead: 'Each is one file. A change of the file is a new version; rewards name the version that decided them.',
          section: '/admin/programs',
          acts: html`<a class="button first" href="/admin/setup">Set up a program</a>`,
          body: html`<div class="card">${programTable(await all(req, res))}</div>`,
        }),
    },
    {
      ...common,
      path: '/programs/:program',
      credential: 'admin',
      summary: 'The file of a program, its versions, and what changed',
      handle: (req, res) => showFile(deps, req, res),
    },
    {
      ...common,
      path: '/setup',
      summary: 'The guide: a program to start from, and its sources until they have spoken',
      handle: async (req, res) => {
        const programs = await all(req, res);
        const { program } = req.query as Query;
        const shown = programs.find((each) => each.program === program) ?? programs[0];
        showPage(req, res, {
          title: 'Set up',
          lead: 'From a program file to the first event, source by source.',
          section: '/admin/programs',
          live: 5,
          body: html`${examples()}${shown && (await sources(deps, programs, shown, mayAct(adminOf(res).role, 'owner')))}`,
        });
      },
    },
  ];
}

function programTable(programs: readonly Listed[]): Html {
  const columns: parts.Column<Listed>[] = [
    {
      name: 'Program',
      of: (each) =>
        html`<strong>${each.name}</strong> ${each.mode === 'test' && parts.badge('test')}<br><span class="soft">${parts.breakable(each.url)}</span>`,
      kind: 'long',
    },
    {
      name: 'Rules',
      of: ({ rules }) =>
        html`${rules.map((rule) => html`${parts.plain(rule.name)} <span class="soft">${rule.to}, on ${rule.when}</span><br>`)}`,
      kind: 'long',
    },
    {
      name: 'Signals',
      of: ({ signals }) =>
        html`${signals.map((signal) => html`${parts.plain(signal.name)} <span class="soft">${signal.then}</span><br>`)}`,
    },
    { name: 'Sink', of: ({ sink }) => parts.plain(sink) },
    { name: 'Version', of: (each) => html`<a href="/admin/programs/${each.program}">${each.version}</a>`, kind: 'n' },
    {
      name: 'Sources',
      of: (each) =>
        html`<a href="/admin/setup?program=${each.program}">${each.sources.map(({ name }) => name).join(', ')}</a>`,
      kind: 'long',
    },
  ];
  return parts.fileTable('Programs', columns, programs);
}

async function showFile(deps: Deps, req: Request, res: Response): Promise<void> {
  const loaded = deps.programs.byName(param(req, 'program'));
  if (!loaded) throw new Problem('unknown_program');
  const { program } = loaded.program;
  const versions = await sql.listVersions(deps.pools.knex, loaded.no);
  const query = req.query as Query;
  const wanted = versionOf(query.version) ?? loaded.version;
  const since = versionOf(query.since);
  const [file, before] = await Promise.all([
    sql.readFile(deps.pools.knex, loaded.no, wanted),
    since === undefined ? undefined : sql.readFile(deps.pools.knex, loaded.no, since),
  ]);
  if (file === undefined) throw new Problem('not_found');
  const columns: parts.Column<sql.VersionRow>[] = [
    {
      name: 'Version',
      of: ({ version }) =>
        html`<a href="/admin/programs/${program}?version=${version}">${count('en', version)}</a> ${version === loaded.version && parts.badge('in force', 'good')}`,
      kind: 'nowrap',
    },
    { name: 'Since', of: ({ created_at }) => moment('en', created_at) },
    {
      name: 'What changed',
      of: ({ version }) =>
        version > 1 && versions.some((each) => each.version === version - 1)
          ? html`<a href="/admin/programs/${program}?version=${version}&amp;since=${version - 1}">against ${version - 1}</a>`
          : html`<span class="soft">the first</span>`,
    },
    { name: 'Sha-256', of: ({ hash }) => html`<code>${hash.slice(0, 16)}</code>` },
  ];
  const shown =
    before === undefined
      ? html`<h2>The file, version ${wanted}</h2><pre tabindex="0">${file}</pre>`
      : html`<h2>From version ${since} to ${wanted}</h2><pre class="diff" tabindex="0">${changes(before, file)}</pre>`;
  showPage(req, res, {
    title: loaded.program.name,
    lead: html`<code>${program}.yaml</code>`,
    section: '/admin/programs',
    body: html`<section class="card"><h2>Versions</h2>${parts.fileTable('Versions', columns, versions)}</section><section class="card">${shown}</section>`,
  });
}

const versionOf = (text: string | undefined): number | undefined =>
  /^\d{1,9}$/.test(text ?? '') ? Number(text) : undefined;

function changes(before: string, after: string): Html[] {
  return diff(before, after).map(({ kind, text }) => {
    if (kind === 'same') return html`  ${text}\n`;
    return kind === 'added' ? html`<ins>+ ${text}</ins>` : html`<del>- ${text}</del>`;
  });
}

/** The bundled programs, to begin with one of them. */
function examples(): Html {
  const files = readdirSync(EXAMPLES_DIR).filter((name) => name.endsWith('.yaml'));
  const one = (name: string, at: number) => {
    const text = readFileSync(path.join(EXAMPLES_DIR, name), 'utf8');
    const [first = ''] = text.split('\n\n');
    const about = first.replaceAll(/^# ?/gm, '').split('\n#')[0];
    return html`<details><summary><strong>${name}</strong> <span class="soft">${about?.split('\n\n')[0]}</span></summary>
<p class="row"><button type="button" data-copy="#example-${at}" data-copied="Copied">Copy the file</button></p><pre id="example-${at}" tabindex="0">${text}</pre></details>`;
  };
  return html`<section class="card"><h2>1. A program to start from</h2>
<p>A program is one YAML file in <code>PROGRAMS_DIR</code>. Copy one of these, change what differs, and set the variables that it names; it is taken up within seconds. What is wrong with a file is said by <code>npm run cli -- program check</code>.</p>
${files.map(one)}</section>`;
}

async function sources(deps: Deps, programs: readonly Listed[], shown: Listed, isOwner: boolean): Promise<Html> {
  const loaded = deps.programs.byName(shown.program);
  const names = shown.sources.map(({ name }) => name);
  const heard = new Map((await sql.heardFrom(deps.pools.knex, loaded?.no ?? 0, names)).map((row) => [row.source, row]));
  const file = isOwner && loaded ? await sql.readFile(deps.pools.knex, loaded.no, loaded.version) : undefined;
  const variables = secretVariables(file ?? '');
  const others = programs.map(
    (each) =>
      html`<a class="button" href="/admin/setup?program=${each.program}"${each === shown && html` aria-current="true"`}>${each.name}</a>`,
  );
  return html`<section class="card"><h2>2. The sources of ${shown.name}</h2>${programs.length > 1 && html`<p class="row">${others}</p>`}
<p>At each provider, enter the address and tick these events. The signing secret that it shows goes into the variable that the program file names.</p></section>
<div class="grid">${shown.sources.map((source, at) => sourceCard(deps, source, at, { heard: heard.get(source.name), variables: variables.get(source.name) ?? [] }))}</div>`;
}

function sourceCard(
  deps: Deps,
  { name, kind, url }: Listed['sources'][number],
  at: number,
  { heard, variables }: { readonly heard: sql.HeardRow | undefined; readonly variables: readonly string[] },
): Html {
  const types = deps.providers.get(kind)?.handles ?? [];
  return html`<section class="card" aria-labelledby="source-${at}"><h3 id="source-${at}">${name} <span class="soft">${kind}</span></h3>
<p>${heard ? html`${parts.badge('heard from', 'good')} <span class="soft">${heard.type}, ${moment('en', heard.at)}</span>` : html`${parts.badge('waiting for the first event', 'warn')}`}</p>
<p>${PROVIDER_STEPS[kind] ?? PROVIDER_STEPS.standard}</p>
<label for="url-${at}">Address</label><div class="copy"><input id="url-${at}" readonly value="${url}"><button type="button" data-copy="#url-${at}" data-copied="Copied">Copy</button></div>
${variables.length > 0 && html`<p>Its signing secret goes into ${variables.map((each, n) => html`${n > 0 && ', '}<code>${each}</code>`)}.</p>`}
<h3>Events to tick</h3><ul>${types.map((type) => html`<li><code>${type}</code></li>`)}</ul></section>`;
}
