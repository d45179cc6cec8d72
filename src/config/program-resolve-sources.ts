/**
 * Sources of webhooks, each with secrets that can work.
 * Promises: a source whose kind nobody knows, or whose secret would let anybody in, is refused by its name. Must never:
 * put a secret into a message.
 */
import { INTERNAL_SOURCE } from '../model/commands.ts';
import type { SourceAccount } from '../model/program.ts';
import type { Provider } from '../model/provider.ts';
import type { Path, Problems } from './program-problems.ts';
import type { Resolving } from './program-resolving.ts';
import type { SourceFile } from './program-schema-sources.ts';

export function resolveSources(resolving: Resolving): readonly SourceAccount[] {
  return Object.entries(resolving.file.sources).map(([name, source]) => resolveSource(resolving, name, source));
}

function resolveSource({ providers, problems }: Resolving, name: string, source: SourceFile): SourceAccount {
  const path = ['sources', name];
  if (name === INTERNAL_SOURCE) problems.add(path, 'is a name that the service uses itself');
  const provider = providers.get(source.kind);
  if (!provider) problems.add([...path, 'kind'], `unknown kind of source; known: ${[...providers.keys()].join(', ')}`);
  if (source.api_key?.trim() === '') problems.add([...path, 'api_key'], `the API key of the source ${name} is empty`);
  if (source.discount !== undefined && source.api_key === undefined)
    problems.add([...path, 'discount'], 'needs api_key: codes are made at the provider');
  if (source.accounts !== undefined && source.api_key === undefined)
    problems.add([...path, 'accounts'], 'needs api_key: their lists are read with it');
  return {
    name,
    kind: source.kind,
    secrets: resolveSecrets(problems, path, source, `the source ${name}`, provider),
    memberFrom: source.member_from ?? provider?.defaults.memberFrom ?? [],
    codeFrom: source.code_from ?? provider?.defaults.codeFrom ?? [],
    apiKey: source.api_key,
    apiBase: source.api_base,
    accounts: source.accounts,
    discount: source.discount,
  };
}

/** `secret` or `secrets`, each of a form that can work. The secret itself is in no message. */
export function resolveSecrets(
  problems: Problems,
  path: Path,
  given: { readonly secret?: string; readonly secrets?: readonly string[] },
  owner: string,
  scheme: Pick<Provider, 'refuseSecret'> | undefined,
): readonly string[] {
  const { secret, secrets } = given;
  if ((secret === undefined) === (secrets === undefined)) {
    problems.add(path, `${owner} needs either secret or secrets`);
    return [];
  }
  const all = secrets ?? [secret ?? ''];
  for (const [index, one] of all.entries()) {
    const reason = one.trim() === '' ? 'is empty' : scheme?.refuseSecret(one);
    const where = secrets ? [...path, 'secrets', index] : [...path, 'secret'];
    if (reason) problems.add(where, `the secret of ${owner} ${reason}`);
    else if (all.indexOf(one) < index) problems.add(where, `the secret of ${owner} is the same as another`);
  }
  return all;
}
