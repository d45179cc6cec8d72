/**
 * The guide: a program to start from, and its sources until they have spoken.
 * Promises: it names the exact address and the exact events to tick, takes the provider's signing secret where Plusone
 * keeps one, and turns green when the first event has come. Must never: show a secret.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Request, Response } from 'express';
import * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { EXAMPLES_DIR } from '../../config/programs.ts';
import { programPage } from '../../http/admin/program-schemas.ts';
import { replacedSecret, sourceSecrets } from '../../http/admin/source-secrets.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import type { Route } from '../../http/routes.ts';
import { type Html, html } from '../../texts/html.ts';
import { type Translator, translatorOf } from '../../texts/translator.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { showPage, whyOf } from './layout.ts';
import * as parts from './parts.ts';
import * as sql from './programs.sql.ts';

type Asker = (req: Request, res: Response) => Ask;
type Listed = z.output<typeof programPage>['data'][number];
type Secret = z.output<typeof sourceSecrets>['data'][number]['secrets'][number];

const text = z.string().max(2000).default('');
const posted = z.object({ program: text, source: text, variable: text, secret: text });

export function setupRoutes(deps: Deps, asker: Asker): Route[] {
  return [
    {
      method: 'get',
      path: '/setup',
      credential: 'admin:read',
      answers: 'text/html',
      summary: 'The guide: a program to start from, and its sources until they have spoken',
      handle: (req, res) => {
        const { program } = req.query as Record<string, string | undefined>;
        return show(deps, asker(req, res), req, res, program);
      },
    },
    {
      method: 'post',
      path: '/setup/secret',
      credential: 'admin',
      answers: 'text/html',
      body: 'form',
      summary: 'A provider’s signing secret, as it was pasted',
      handle: async (req, res) => {
        const { program, source, variable, secret } = posted.parse(req.body ?? {});
        const ask = asker(req, res);
        const question = { params: { program, source, variable }, body: { secret } };
        const refused = await refusalOf(() =>
          ask(replacedSecret, 'put', '/programs/:program/source-secrets/:source/:variable', question),
        );
        if (!refused) return seeOther(res, '/admin/setup', { program, done: 'secret' });
        const t = translatorOf(req);
        const why = secret.trim() === '' ? t('setup.secretEmpty') : whyOf(t, refused);
        // Not after a redirect: the exact reason is in no address, which anybody could make up.
        res.status(422);
        await show(deps, ask, req, res, program, { source, variable, why });
      },
    },
  ];
}

interface Refused {
  readonly source: string;
  readonly variable: string;
  readonly why: string;
}

async function show(
  deps: Deps,
  ask: Ask,
  req: Request,
  res: Response,
  program: string | undefined,
  refused?: Refused,
): Promise<void> {
  const t = translatorOf(req);
  const programs = (await ask(programPage, 'get', '/programs')).data;
  const shown = programs.find((each) => each.program === program) ?? programs[0];
  const isOwner = mayAct(adminOf(res).role, 'owner');
  const secrets = shown && isOwner ? await secretsOf(ask, shown) : undefined;
  const note = refused && html`<p class="note bad" role="alert">${refused.source}: ${refused.why}</p>`;
  showPage(req, res, {
    title: t('setup.title'),
    lead: t('setup.lead'),
    section: '/admin/programs',
    live: 5,
    body: html`${note}${examples(t)}${shown && (await sources(t, deps, programs, shown, secrets, refused))}`,
  });
}

async function secretsOf(ask: Ask, { program }: Listed): Promise<ReadonlyMap<string, readonly Secret[]>> {
  const { data } = await ask(sourceSecrets, 'get', '/programs/:program/source-secrets', { params: { program } });
  return new Map(data.map(({ source, secrets }) => [source, secrets]));
}

/** The bundled programs, to begin with one of them. */
function examples(t: Translator): Html {
  const files = readdirSync(EXAMPLES_DIR).filter((name) => name.endsWith('.yaml'));
  const one = (name: string, at: number) => {
    const file = readFileSync(path.join(EXAMPLES_DIR, name), 'utf8');
    const about = t.find(`example.${name.replace(/\.yaml$/, '')}`) ?? '';
    return html`<details><summary><strong>${name}</strong> <span class="soft">${about}</span></summary>
<p class="row"><button type="button" data-copy="#example-${at}" data-copied="${t('setup.copied')}">${t('setup.copyFile')}</button></p><pre id="example-${at}" lang="en" tabindex="0">${file}</pre></details>`;
  };
  return html`<section class="card"><h2>${t('setup.examples')}</h2>
<p>${t('setup.examplesMore', { folder: html`<code>PROGRAMS_DIR</code>`, command: html`<code>npm run cli -- program check</code>` })}</p>
${files.map(one)}</section>`;
}

/** `secrets`: only for owners. */
async function sources(
  t: Translator,
  deps: Deps,
  programs: readonly Listed[],
  shown: Listed,
  secrets: ReadonlyMap<string, readonly Secret[]> | undefined,
  refused: Refused | undefined,
): Promise<Html> {
  const no = deps.programs.byName(shown.program)?.no ?? 0;
  const names = shown.sources.map(({ name }) => name);
  const heard = new Map((await sql.heardFrom(deps.pools.knex, no, names)).map((row) => [row.source, row]));
  const others = programs.map(
    (each) =>
      html`<a class="button" href="/admin/setup?program=${each.program}"${each === shown && html` aria-current="true"`}>${each.name}</a>`,
  );
  const isKept = [...(secrets?.values() ?? [])].flat().some(({ kept }) => kept);
  const cards = shown.sources.map((source, at) =>
    sourceCard(t, deps, shown.program, source, at, {
      heard: heard.get(source.name),
      secrets: secrets?.get(source.name) ?? [],
      refused: refused?.source === source.name ? refused : undefined,
    }),
  );
  return html`<section class="card"><h2>${t('setup.sources', { program: shown.name })}</h2>${programs.length > 1 && html`<p class="row">${others}</p>`}
<p>${t(isKept ? 'setup.pasteSecret' : 'setup.setVariable')}</p></section>
<div class="grid">${cards}</div>`;
}

function sourceCard(
  t: Translator,
  deps: Deps,
  program: string,
  { name, kind, url }: Listed['sources'][number],
  at: number,
  {
    heard,
    secrets,
    refused,
  }: {
    readonly heard: sql.HeardRow | undefined;
    readonly secrets: readonly Secret[];
    readonly refused: Refused | undefined;
  },
): Html {
  const types = deps.providers.get(kind)?.handles ?? [];
  return html`<section class="card" aria-labelledby="source-${at}"><h3 id="source-${at}">${name} <span class="soft">${kind}</span></h3>
<p>${heard ? html`${parts.badge(t, 'heard_from', 'good')} <span class="soft">${heard.type}, ${t.moment(heard.at)}</span>` : html`${parts.badge(t, 'waiting_for_the_first_event', 'warn')}`}</p>
<p>${t.find(`provider.${kind}`) ?? t('provider.standard')}</p>
<label for="url-${at}">${t('setup.address')}</label><div class="copy"><input id="url-${at}" readonly value="${url}"><button type="button" data-copy="#url-${at}" data-copied="${t('setup.copied')}">${t('setup.copy')}</button></div>
${secrets.map((secret, no) => (secret.kept ? paste(t, program, name, secret.variable, `secret-${at}-${no}`, refused?.variable === secret.variable ? refused.why : undefined) : given(t, secret.variable)))}
<h3>${t('setup.events')}</h3><ul>${types.map((type) => html`<li><code>${type}</code></li>`)}</ul></section>`;
}

function paste(
  t: Translator,
  program: string,
  source: string,
  variable: string,
  id: string,
  why: string | undefined,
): Html {
  const wrong = why !== undefined && html` aria-invalid="true" autofocus`;
  return html`<form method="post" action="/admin/setup/secret" autocomplete="off"><input type="hidden" name="program" value="${program}"><input type="hidden" name="source" value="${source}"><input type="hidden" name="variable" value="${variable}">
<label for="${id}">${t('setup.secret')}</label><div class="copy"><input id="${id}" name="secret" type="password" required maxlength="1000" autocomplete="off" spellcheck="false" placeholder="${t('setup.pasteHere')}" aria-describedby="${why !== undefined && html`${id}-why `}${id}-about"${wrong}><button>${t('save')}</button></div>
${why !== undefined && html`<p class="note bad" id="${id}-why">${why}</p>`}
<p class="soft" id="${id}-about">${t('setup.secretMore', { file: html`<code>examples.env</code>`, folder: html`<code>DATA_DIR</code>`, variable: html`<code>${variable}</code>` })}</p></form>`;
}

function given(t: Translator, variable: string): Html {
  return html`<p>${t('setup.fromEnvironment', { variable: html`<code>${variable}</code>` })}</p>`;
}
