/**
 * The signing secrets of a program's sources: where each comes from, and the provider's in the place of one of ours.
 * Promises: a secret that the provider could not have given out is refused before anything changes; what was done
 * stands in the audit log, by the variable's name. Must never: answer, log or store a secret.
 */
import * as z from 'zod';
import { secretVariables } from '../../config/source-variables.ts';
import type { LoadedProgram } from '../../model/program.ts';
import { doubtSecret } from '../../model/secret-doubts.ts';
import { adminOf } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { pageOf } from '../forms.ts';
import { readBody, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import * as sql from './programs.sql.ts';

type Needs = Pick<Deps, 'pools' | 'programs' | 'providers' | 'clock' | 'keptSecrets'>;

const source = z
  .strictObject({
    source: z.string(),
    secrets: z.array(
      z.strictObject({
        variable: z.string().describe('that the program file names'),
        kept: z.boolean().describe('made and kept by Plusone, and to be replaced here; else it is in the environment'),
      }),
    ),
  })
  .meta({ id: 'SourceSecrets' });
export const sourceSecrets = pageOf('SourceSecretsPage', source);
const newSecret = z.strictObject({ secret: text(1000) }).meta({ id: 'NewSourceSecret' });
export const replacedSecret = source;

export function sourceSecretRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/programs/:program/source-secrets',
      credential: 'admin',
      summary: 'Where the signing secrets of the sources come from; never what they are',
      answers: sourceSecrets,
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const data = await secretsOf(deps, programNamed(deps, param(req, 'program')));
        answer(res, sourceSecrets, { data, next_cursor: null });
      },
    },
    {
      method: 'put',
      path: '/programs/:program/source-secrets/:source/:variable',
      credential: 'admin',
      body: 'json',
      summary: "A provider's signing secret in the place of the one that was made here; in force at once",
      asks: { body: newSecret },
      answers: replacedSecret,
      refuses: ['unknown_program', 'unknown_source', 'secret_not_kept', 'secret_refused'],
      handle: async (req, res) => {
        const { secret } = readBody(req, newSecret);
        const loaded = programNamed(deps, param(req, 'program'));
        const found = (await secretsOf(deps, loaded)).find((each) => each.source === param(req, 'source'));
        if (!found) throw new Problem('unknown_source');
        const variable = param(req, 'variable');
        if (!found.secrets.some((each) => each.kept && each.variable === variable))
          throw new Problem('secret_not_kept');
        const given = { programNo: loaded.no, source: found.source, variable, actor: adminOf(res).actor };
        refuseWrong(deps, loaded, found.source, secret);
        // Another reason than its form: that the source's other secret is the same.
        const refusal = deps.keptSecrets.refusal(variable, secret);
        if (refusal !== undefined) throw new Problem('secret_refused', refusal);
        // Written first: a secret never changes without a word of it.
        await sql.noteSecret(deps.pools.knex, { ...given, now: await deps.clock.now() });
        await deps.keptSecrets.replace(variable, secret);
        answer(res, replacedSecret, found);
      },
    },
  ];
}

function programNamed({ programs }: Needs, name: string): LoadedProgram {
  const loaded = programs.byName(name);
  if (!loaded) throw new Problem('unknown_program');
  return loaded;
}

async function secretsOf(
  { pools, keptSecrets }: Needs,
  { no, version, program }: LoadedProgram,
): Promise<z.output<typeof source>[]> {
  const variables = secretVariables((await sql.readFile(pools.knex, no, version)) ?? '');
  return program.sources.map(({ name }) => ({
    source: name,
    secrets: (variables.get(name) ?? []).map((variable) => ({ variable, kept: keptSecrets.keeps(variable) })),
  }));
}

function refuseWrong({ providers }: Needs, { program }: LoadedProgram, name: string, secret: string): void {
  const kind = program.sources.find((each) => each.name === name)?.kind ?? '';
  const provider = providers.get(kind);
  const reason = /\s/.test(secret)
    ? 'contains white space'
    : (doubtSecret(secret, provider?.secretPrefixes) ?? provider?.refuseSecret(secret));
  if (reason !== undefined) throw new Problem('secret_refused', `The secret ${reason}.`);
}
