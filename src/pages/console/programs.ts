/**
 * The programs: what each does, and its file with every version and what changed between two.
 * Must never: show a secret: a file names its variables, and only an owner reads it.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { programPage } from '../../http/admin/program-schemas.ts';
import * as programSql from '../../http/admin/programs.sql.ts';
import type { Deps } from '../../http/deps.ts';
import { Problem } from '../../http/problems.ts';
import { param, type Route } from '../../http/routes.ts';
import { type Html, html } from '../../texts/html.ts';
import { plain, type Translator, translatorOf } from '../../texts/translator.ts';
import type { Ask } from '../ask.ts';
import { diff } from './diff.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import * as sql from './programs.sql.ts';

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
      handle: async (req, res) => {
        const t = translatorOf(req);
        showPage(req, res, {
          title: t('nav.programs'),
          lead: t('programs.lead'),
          section: '/admin/programs',
          acts: html`<a class="button first" href="/admin/setup">${t('programs.setUp')}</a>`,
          body: html`<div class="card">${programTable(t, await all(req, res))}</div>`,
        });
      },
    },
    {
      ...common,
      path: '/programs/:program',
      credential: 'admin',
      summary: 'The file of a program, its versions, and what changed',
      handle: (req, res) => showFile(deps, req, res),
    },
  ];
}

function programTable(t: Translator, programs: readonly Listed[]): Html {
  const columns: parts.Column<Listed>[] = [
    {
      name: t('column.program'),
      of: (each) =>
        html`<strong>${each.name}</strong> ${each.mode === 'test' && parts.badge(t, 'test')}<br><span class="soft">${parts.breakable(each.url)}</span>`,
      kind: 'long',
    },
    {
      name: t('programs.rules'),
      of: ({ rules }) =>
        html`${rules.map((rule) => html`${plain(rule.name)} <span class="soft">${t('programs.toOn', { to: t.word(rule.to), when: t.word(rule.when) })}</span><br>`)}`,
      kind: 'long',
    },
    {
      name: t('programs.signals'),
      of: ({ signals }) =>
        html`${signals.map((signal) => html`${t.word(signal.name)} <span class="soft">${t.word(signal.then)}</span><br>`)}`,
    },
    { name: t('column.sink'), of: ({ sink }) => t.word(sink) },
    {
      name: t('column.version'),
      of: (each) => html`<a href="/admin/programs/${each.program}">${each.version}</a>`,
      kind: 'n',
    },
    {
      name: t('programs.sources'),
      of: (each) =>
        html`<a href="/admin/setup?program=${each.program}">${t.list(each.sources.map(({ name }) => name))}</a>`,
      kind: 'long',
    },
  ];
  return parts.fileTable(t, t('nav.programs'), columns, programs);
}

async function showFile(deps: Deps, req: Request, res: Response): Promise<void> {
  const loaded = deps.programs.byName(param(req, 'program'));
  if (!loaded) throw new Problem('unknown_program');
  const t = translatorOf(req);
  const { program } = loaded.program;
  const versions = await sql.listVersions(deps.pools.knex, loaded.no);
  const query = req.query as Query;
  const wanted = versionOf(query.version) ?? loaded.version;
  const since = versionOf(query.since);
  const [file, before] = await Promise.all([
    programSql.readFile(deps.pools.knex, loaded.no, wanted),
    since === undefined ? undefined : programSql.readFile(deps.pools.knex, loaded.no, since),
  ]);
  if (file === undefined) throw new Problem('not_found');
  const columns: parts.Column<sql.VersionRow>[] = [
    {
      name: t('column.version'),
      of: ({ version }) =>
        html`<a href="/admin/programs/${program}?version=${version}">${t.count(version)}</a> ${version === loaded.version && parts.badge(t, 'in_force', 'good')}`,
      kind: 'nowrap',
    },
    { name: t('column.since'), of: ({ created_at }) => t.moment(created_at) },
    {
      name: t('programs.changed'),
      of: ({ version }) =>
        version > 1 && versions.some((each) => each.version === version - 1)
          ? html`<a href="/admin/programs/${program}?version=${version}&amp;since=${version - 1}">${t('programs.against', { version: version - 1 })}</a>`
          : html`<span class="soft">${t('programs.first')}</span>`,
    },
    { name: 'SHA-256', of: ({ hash }) => html`<code>${hash.slice(0, 16)}</code>` },
  ];
  const shown =
    before === undefined
      ? html`<h2>${t('programs.file', { version: wanted })}</h2><pre tabindex="0">${file}</pre>`
      : html`<h2>${t('programs.fromTo', { since: since ?? 0, version: wanted })}</h2><pre class="diff" tabindex="0">${changes(before, file)}</pre>`;
  showPage(req, res, {
    title: loaded.program.name,
    lead: html`<code>${program}.yaml</code>`,
    section: '/admin/programs',
    body: html`<section class="card"><h2>${t('programs.versions')}</h2>${parts.fileTable(t, t('programs.versions'), columns, versions)}</section><section class="card">${shown}</section>`,
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
