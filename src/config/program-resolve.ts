/**
 * From what a program file says to what the engine works with: amounts in minor units, defaults filled in.
 * Promises: whatever the file leaves open is decided here and nowhere later; all problems of a file are found in one
 * go. Must never: read the environment, a file or the clock; the same text and variables give the same program.
 */
import type { JwtConfig, OidcConfig, Program, Unit } from '../model/program.ts';
import type { Problems } from './program-problems.ts';
import { resolveFund } from './program-resolve-fund.ts';
import { resolveRules, resolveTiers } from './program-resolve-rewards.ts';
import { resolveSink } from './program-resolve-sink.ts';
import { resolveSources } from './program-resolve-sources.ts';
import {
  amountReader,
  type Kinds,
  type Providers,
  type Resolving,
  readAmount,
  refuseUnbuilt,
} from './program-resolving.ts';
import { isCurrency } from './program-scalars.ts';
import type { ProgramFile } from './program-schema.ts';
import { signalConfigs } from './program-signals.ts';

const DAY_MS = 86_400_000;

const ALPHABETS: Readonly<Record<string, string>> = {
  // Without vowels no code is a word; without 0, 1 and L (and so without O and I) none is misread from paper.
  no_lookalikes: '23456789BCDFGHJKMNPQRSTVWXYZ',
  alphanumeric: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
};

export function resolveProgram(
  file: ProgramFile,
  given: { readonly providers: Providers; readonly kinds: Kinds; readonly problems: Problems },
): Program {
  const { problems, kinds } = given;
  const unit = resolveUnit(file, problems);
  const resolving: Resolving = { file, unit, ...given, amount: amountReader(unit, problems) };
  const tiers = resolveTiers(resolving);
  for (const name of Object.keys(file.fraud)) refuseUnbuilt(problems, ['fraud', name], 'signal', name, kinds.signals);
  for (const [index, name] of file.api.entries()) {
    refuseUnbuilt(problems, ['api', index], 'dialect', name, kinds.dialects);
  }
  const { product } = file;
  return {
    program: file.program,
    name: file.name,
    language: file.language,
    mode: file.mode,
    hosts: file.hosts,
    product: {
      homeUrl: product.home_url,
      signupUrl: product.signup_url,
      supportEmail: product.support_email,
      description: product.description,
      logo: product.logo,
      colors: product.colors,
    },
    unit,
    code: resolveCode(file, problems),
    attribution: {
      parameter: file.attribution.parameter,
      cookieDays: file.attribution.cookie_days,
      touch: file.attribution.touch,
      window: file.attribution.window ?? file.attribution.cookie_days * DAY_MS,
      late: file.attribution.late,
    },
    sources: resolveSources(resolving),
    qualify: resolveQualify(file, problems),
    tiers: tiers.list,
    tiersBy: tiers.by,
    rules: resolveRules(resolving),
    limits: { onePerEmailDomain: file.limits.one_referral_per === 'email_domain', exceptPublicMailboxes: true },
    signals: signalConfigs(file.fraud),
    networks: resolveNetworks(file, problems),
    mailboxes: file.mailboxes,
    moderation: resolveModeration(resolving),
    rates: resolveRates(resolving),
    matchWithin: file.match_within,
    retention: file.retention,
    ...resolveSink(resolving),
    members: { signup: file.members.signup, apiKeyPrefix: file.members.api_key_prefix },
    auth: resolveAuth(file, problems),
    share: Object.fromEntries(Object.entries(file.share).flatMap(([where, text]) => (text ? [[where, text]] : []))),
    leaderboard: file.leaderboard,
    invites: {
      perDay: file.invites.per_day,
      programPerDay: file.invites.program_per_day,
      subject: file.invites.subject,
      text: file.invites.text,
    },
    mails: { news: file.mails.news === 'daily', summary: file.mails.summary === 'monthly' },
    portal: { frameAncestors: file.portal.frame_ancestors, oidc: resolveOidc(file) },
    api: file.api,
    fund: resolveFund(resolving),
  };
}

function resolveUnit({ unit }: ProgramFile, problems: Problems): Unit {
  if (unit.kind === 'points') {
    if (isCurrency(unit.name)) problems.add(['unit', 'name'], 'is the name of a currency');
    return { kind: 'points', name: unit.name };
  }
  const { currency, shown_as: shown } = unit;
  if (!shown) return { kind: 'money', currency };
  const money: Unit = { kind: 'money', currency };
  const per = amountReader(money, problems)(['unit', 'shown_as', 'per'], shown.per, 1n);
  return currency === 'payment' ? money : { kind: 'money', currency, shownAs: { name: shown.name, per } };
}

function resolveCode({ code }: ProgramFile, problems: Problems): Program['code'] {
  const alphabet = ALPHABETS[code.alphabet] ?? code.alphabet;
  const distinct = new Set(alphabet.toLowerCase()).size;
  if (distinct < alphabet.length) {
    problems.add(
      ['code', 'alphabet'],
      'has a character twice, or is no alphabet that we know; upper and lower case are the same',
    );
  } else if (distinct ** code.length < 100_000) {
    problems.add(['code', 'length'], 'leaves too few codes: they could be guessed');
  }
  return {
    from: code.from,
    length: code.length,
    alphabet,
    maxUses: code.max_uses ?? undefined,
    onRefresh: code.on_refresh,
    lookup: code.lookup,
  };
}

function resolveQualify({ qualify, tiers }: ProgramFile, problems: Problems): Program['qualify'] {
  if (!qualify) return tiers ? { when: 'signup', count: 1n, billable: false, within: undefined } : undefined;
  if (qualify.billable && qualify.when !== 'usage')
    problems.add(['qualify', 'billable'], 'goes only with `when: usage`');
  if (qualify.count > 1 && qualify.when === 'signup') problems.add(['qualify', 'count'], 'a signup happens only once');
  return { when: qualify.when, count: BigInt(qualify.count), billable: qualify.billable, within: qualify.within };
}

function resolveNetworks({ networks, fraud }: ProgramFile, problems: Problems): Program['networks'] {
  const asks = ['country', 'network'].filter((name) => fraud[name] !== undefined);
  for (const name of networks ? [] : asks)
    problems.add(['fraud', name], 'needs `networks`, which says where an address is looked up');
  const country = fraud.country as { readonly allow: string[]; readonly deny: string[] } | undefined;
  if (country && country.allow.length + country.deny.length === 0)
    problems.add(['fraud', 'country'], 'names no country in `allow` or `deny`');
  if (!networks) return undefined;
  if ('url' in networks) return { kind: 'url', url: networks.url };
  return { kind: 'list', path: networks.list, freshFor: networks.fresh_for };
}

function resolveModeration({ file, amount }: Resolving): Program['moderation'] {
  const { two_persons_above: above } = file.moderation;
  return { twoPersonsAbove: above === undefined ? undefined : amount(['moderation', 'two_persons_above'], above) };
}

function resolveRates({ file, unit, problems }: Resolving): Program['rates'] {
  for (const [currency, rate] of Object.entries(file.rates)) {
    const path = ['rates', currency];
    if (!isCurrency(currency)) problems.add(path, 'is no currency code');
    else if (unit.kind !== 'money' || unit.currency === 'payment')
      problems.add(path, 'rates go only with a unit of one currency');
    else if (unit.currency === currency) problems.add(path, 'is the currency of the unit itself');
    else readAmount(problems, path, rate, 9, 1n);
  }
  return file.rates;
}

function resolveAuth({ auth }: ProgramFile, problems: Problems): Program['auth'] {
  const { introspect, org_claim: orgClaim } = auth;
  return {
    jwt: resolveJwt(auth, problems),
    introspect: introspect && { url: introspect.url, secret: introspect.secret },
    orgClaim,
  };
}

function resolveOidc({ portal: { oidc } }: ProgramFile): OidcConfig | undefined {
  if (!oidc) return undefined;
  return { issuer: oidc.issuer, clientId: oidc.client_id, clientSecret: oidc.client_secret, scope: oidc.scope };
}

function resolveJwt({ jwt }: ProgramFile['auth'], problems: Problems): JwtConfig | undefined {
  if (!jwt) return undefined;
  if ('secret' in jwt) {
    if (jwt.secret.trim() === '') problems.add(['auth', 'jwt', 'secret'], 'the secret of the tokens is empty');
    return { kind: 'secret', secret: jwt.secret };
  }
  return { kind: 'jwks', jwksUrl: jwt.jwks_url, issuer: jwt.issuer, audience: jwt.audience };
}
