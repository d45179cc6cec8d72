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
import { PROBLEMS } from '../../http/problems.ts';
import type { Route } from '../../http/routes.ts';
import { type Html, html } from '../../mail/html.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { moment } from '../words.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import * as sql from './programs.sql.ts';
import { PROVIDER_STEPS } from './provider-steps.ts';

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
        const why =
          secret.trim() === '' ? 'The secret is empty.' : (refused.options.detail ?? PROBLEMS[refused.code][1]);
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
  const programs = (await ask(programPage, 'get', '/programs')).data;
  const shown = programs.find((each) => each.program === program) ?? programs[0];
  const isOwner = mayAct(adminOf(res).role, 'owner');
  const secrets = shown && isOwner ? await secretsOf(ask, shown) : undefined;
  const note = refused && html`<p class="note bad" role="alert">${refused.source}: ${refused.why}</p>`;
  showPage(req, res, {
    title: 'Set up',
    lead: 'From a program file to the first event, source by source.',
    section: '/admin/programs',
    live: 5,
    body: html`${note}${examples()}${shown && (await sources(deps, programs, shown, secrets, refused))}`,
  });
}

async function secretsOf(ask: Ask, { program }: Listed): Promise<ReadonlyMap<string, readonly Secret[]>> {
  const { data } = await ask(sourceSecrets, 'get', '/programs/:program/source-secrets', { params: { program } });
  return new Map(data.map(({ source, secrets }) => [source, secrets]));
}

/** The bundled programs, to begin with one of them. */
function examples(): Html {
  const files = readdirSync(EXAMPLES_DIR).filter((name) => name.endsWith('.yaml'));
  const one = (name: string, at: number) => {
    const file = readFileSync(path.join(EXAMPLES_DIR, name), 'utf8');
    const [first = ''] = file.split('\n\n');
    const about = first.replaceAll(/^# ?/gm, '').split('\n#')[0];
    return html`<details><summary><strong>${name}</strong> <span class="soft">${about?.split('\n\n')[0]}</span></summary>
<p class="row"><button type="button" data-copy="#example-${at}" data-copied="Copied">Copy the file</button></p><pre id="example-${at}" tabindex="0">${file}</pre></details>`;
  };
  return html`<section class="card"><h2>1. A program to start from</h2>
<p>A program is one YAML file in <code>PROGRAMS_DIR</code>. Copy one of these, change what differs, and set the variables that it names; it is taken up within seconds. What is wrong with a file is said by <code>npm run cli -- program check</code>.</p>
${files.map(one)}</section>`;
}

/** `secrets`: only for owners. */
async function sources(
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
  const where = isKept
    ? 'paste the signing secret that it shows into the field below; it is in force at once.'
    : 'set the variable that the program file names to the signing secret that it shows.';
  const cards = shown.sources.map((source, at) =>
    sourceCard(deps, shown.program, source, at, {
      heard: heard.get(source.name),
      secrets: secrets?.get(source.name) ?? [],
      refused: refused?.source === source.name ? refused : undefined,
    }),
  );
  return html`<section class="card"><h2>2. The sources of ${shown.name}</h2>${programs.length > 1 && html`<p class="row">${others}</p>`}
<p>At each provider, enter the address, tick these events, and ${where}</p></section>
<div class="grid">${cards}</div>`;
}

function sourceCard(
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
<p>${heard ? html`${parts.badge('heard from', 'good')} <span class="soft">${heard.type}, ${moment('en', heard.at)}</span>` : html`${parts.badge('waiting for the first event', 'warn')}`}</p>
<p>${PROVIDER_STEPS[kind] ?? PROVIDER_STEPS.standard}</p>
<label for="url-${at}">Address</label><div class="copy"><input id="url-${at}" readonly value="${url}"><button type="button" data-copy="#url-${at}" data-copied="Copied">Copy</button></div>
${secrets.map((secret, no) => (secret.kept ? paste(program, name, secret.variable, `secret-${at}-${no}`, refused?.variable === secret.variable ? refused.why : undefined) : given(secret.variable)))}
<h3>Events to tick</h3><ul>${types.map((type) => html`<li><code>${type}</code></li>`)}</ul></section>`;
}

function paste(program: string, source: string, variable: string, id: string, why: string | undefined): Html {
  const wrong = why !== undefined && html` aria-invalid="true" autofocus`;
  return html`<form method="post" action="/admin/setup/secret" autocomplete="off"><input type="hidden" name="program" value="${program}"><input type="hidden" name="source" value="${source}"><input type="hidden" name="variable" value="${variable}">
<label for="${id}">Signing secret</label><div class="copy"><input id="${id}" name="secret" type="password" required maxlength="1000" autocomplete="off" spellcheck="false" placeholder="Paste it here" aria-describedby="${why !== undefined && html`${id}-why `}${id}-about"${wrong}><button>Save</button></div>
${why !== undefined && html`<p class="note bad" id="${id}-why">${why}</p>`}
<p class="soft" id="${id}-about">Takes the place of the one now, which is refused from then on. It is kept in <code>examples.env</code> in <code>DATA_DIR</code> as <code>${variable}</code>, and not shown again.</p></form>`;
}

function given(variable: string): Html {
  return html`<p>Its signing secret comes from the environment: <code>${variable}</code>. Change it there, and start Plusone again.</p>`;
}
