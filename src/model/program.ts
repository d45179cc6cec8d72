/**
 * A program as the engine sees it: the program file, checked and resolved.
 * Promises: every amount is in the unit's minor units, every rate in ppm, every duration in milliseconds, every
 * variable filled in. Must never: be changed after it was loaded; a new version is a new object with its own hash.
 */
import type { Language } from './language.ts';
import type { RatePpm } from './money.ts';
import type { SourceConfig } from './provider.ts';

export type DurationMs = number | 'never';

export type Unit =
  | {
      readonly kind: 'money';
      readonly currency: string;
      readonly shownAs?: { readonly name: string; readonly per: bigint };
    }
  | { readonly kind: 'money'; readonly currency: 'payment' }
  | { readonly kind: 'points'; readonly name: string };

export type Beneficiary = 'referrer' | 'referee';
export type Then = 'flag' | 'hold' | 'deny' | 'suspend';

interface RuleBase {
  /** The key in the program file; the first payment rule's name is left out of its idempotency keys. */
  readonly name: string;
  readonly to: Beneficiary;
  /** The ledger's word for it, where the owner's differs from the name. */
  readonly label: string;
  readonly vestsAfter: number | undefined;
  readonly lifetimeCap: bigint | undefined;
}

export type Amount = { readonly kind: 'fixed'; readonly amount: bigint } | { readonly kind: 'tier_credit' };
export type Share = { readonly kind: 'fixed'; readonly rate: RatePpm } | { readonly kind: 'tier_share' };

export interface SignupRule extends RuleBase {
  readonly when: 'signup' | 'qualified';
  readonly amount: Amount;
}

export interface UsageRule extends RuleBase {
  readonly when: 'usage';
  readonly amount: Amount;
  readonly count: bigint;
  readonly billable: boolean;
}

export interface PaymentRule extends RuleBase {
  readonly when: 'payment';
  readonly pays:
    | { readonly kind: 'share'; readonly share: Share }
    | { readonly kind: 'amount'; readonly amount: Amount };
  readonly of: 'net' | 'gross';
  readonly minimumPayment: bigint;
  /** Only payments of these kinds, where the source tells the kind; empty: all. */
  readonly kinds: readonly string[];
  readonly settle: 'at_once' | 'monthly';
}

export interface RankRule extends RuleBase {
  readonly when: 'rank';
  readonly amount: Amount;
  readonly top: number;
}

export type Rule = SignupRule | UsageRule | PaymentRule | RankRule;

export interface Tier {
  readonly name: string;
  /** Qualified referrals, or net volume of a month in minor units with `by: monthly_volume`. */
  readonly from: bigint;
  readonly credit: bigint | undefined;
  readonly share: RatePpm | undefined;
  readonly maxBalance: bigint | undefined;
  readonly expiresAfter: DurationMs;
}

export interface Qualify {
  readonly when: 'signup' | 'payment' | 'usage';
  readonly count: bigint;
  readonly billable: boolean;
  readonly within: number | undefined;
}

/** E-mail domains of which the owner knows better than the lists that we come with. */
export interface Mailboxes {
  readonly disposable: readonly string[];
  readonly public: readonly string[];
  readonly trusted: readonly string[];
}

/** A fraud signal as configured: its name in the registry, what follows, and its own parameters. */
export interface SignalConfig {
  readonly name: string;
  readonly then: Then;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface WebhookSink {
  readonly kind: 'webhook';
  readonly url: string;
  /** Standard Webhooks secrets, newest first; each signs. */
  readonly secrets: readonly string[];
  readonly idempotent: boolean;
  readonly lookup: boolean;
}

export interface StripeSink {
  readonly kind: 'stripe_balance' | 'stripe_credit_grant';
  readonly apiKey: string;
  /** The source whose customer ids are this account's. */
  readonly source: string;
  /** Where Stripe's API is; tests and proxies set it. */
  readonly apiBase: string | undefined;
}

export interface PaddleSink {
  readonly kind: 'paddle_discount';
  readonly apiKey: string;
  readonly source: string;
  readonly apiBase: string | undefined;
}

export interface LedgerSink {
  readonly kind: 'ledger';
}

export type SinkConfig = LedgerSink | WebhookSink | StripeSink | PaddleSink;

export type JwtConfig =
  | { readonly kind: 'secret'; readonly secret: string }
  | {
      readonly kind: 'jwks';
      readonly jwksUrl: string;
      readonly issuer: string;
      readonly audience: string;
    };

/** Where the product's own API keys are asked about (RFC 7662), and what we show there to be answered. */
export interface IntrospectConfig {
  readonly url: string;
  readonly secret: string | undefined;
}

/** The product's identity provider, which signs members in to the portal. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  /** Without: a public client. */
  readonly clientSecret: string | undefined;
  readonly scope: string;
}

/** A source, with what only questions to its provider need; webhooks are verified without. */
export interface SourceAccount extends SourceConfig {
  readonly apiKey?: string | undefined;
  readonly apiBase?: string | undefined;
  /** Connected accounts, stores or organizations whose lists are read; at Stripe beside its own. */
  readonly accounts?: readonly string[] | undefined;
  /** The coupon (Stripe) or discount (Paddle) of which each member's code gets one there. */
  readonly discount?: string | undefined;
}

export interface FundComponent {
  readonly name: string;
  /** In thousandths. */
  readonly weight: bigint;
  /** Globs over `<repository>/<path>`; the first component that matches a file has it. */
  readonly files: readonly string[];
}

export interface FundRepository {
  readonly name: string;
  /** A local checkout, with its whole history. */
  readonly path: string;
  /** Which component of the SBOM it is: a package URL, or a name. */
  readonly package: string;
  /** `{version}` is the SBOM's version of the package. */
  readonly revision: string;
}

export interface Fund {
  readonly share: RatePpm;
  readonly minimumPayout: bigint;
  readonly currency: string;
  /** How long the share of somebody who has not registered is kept, ms. */
  readonly keepUnregistered: number;
  /** The first month that counts, as 2026-11; undefined: the one in which the fund was first seen. */
  readonly since: string | undefined;
  /** Path of the current release's SBOM; undefined: runs are made by hand only. */
  readonly sbom: string | undefined;
  readonly repositories: readonly FundRepository[];
  readonly components: readonly FundComponent[];
  readonly exclude: {
    /** Globs over `Name <address>`, beside the bots that are known. */
    readonly authors: readonly string[];
    readonly files: readonly string[];
    /** A commit that rewrites so many files line by line is a bulk rename. */
    readonly bulkFiles: number;
  };
  readonly sink: WebhookSink | { readonly kind: 'csv' };
}

/** Where the network of an address is looked up: in a local list, or at a service as `<url>/<address>`. */
export type NetworkLookup =
  | { readonly kind: 'list'; readonly path: string; readonly freshFor: DurationMs }
  | { readonly kind: 'url'; readonly url: string };

export interface Program {
  readonly program: string;
  readonly name: string;
  /** Of its mails; a page goes by its reader. */
  readonly language: Language;
  readonly mode: 'test' | 'live';
  readonly hosts: readonly string[];
  readonly product: {
    readonly homeUrl: string;
    readonly signupUrl: string;
    readonly supportEmail: string;
    readonly description: string | undefined;
    readonly logo: string | undefined;
    readonly colors: Readonly<Record<string, string>>;
  };
  readonly unit: Unit;
  readonly code: {
    readonly from: 'random' | 'name';
    readonly length: number;
    readonly alphabet: string;
    readonly maxUses: number | undefined;
    readonly onRefresh: 'keep' | 'close_pending';
    readonly lookup: 'public' | 'keyed';
  };
  readonly attribution: {
    readonly parameter: string;
    readonly cookieDays: number;
    readonly touch: 'first' | 'last';
    readonly window: number;
    readonly late: number;
  };
  readonly sources: readonly SourceAccount[];
  readonly qualify: Qualify | undefined;
  readonly tiers: readonly Tier[];
  readonly tiersBy: 'qualified' | 'monthly_volume';
  readonly rules: readonly Rule[];
  readonly limits: { readonly onePerEmailDomain: boolean; readonly exceptPublicMailboxes: boolean };
  readonly signals: readonly SignalConfig[];
  readonly networks?: NetworkLookup | undefined;
  readonly mailboxes?: Mailboxes | undefined;
  /** A held reward of more than this needs two persons; undefined: one is always enough. */
  readonly moderation: { readonly twoPersonsAbove: bigint | undefined };
  /** 1 unit of a foreign currency in the program's unit, as decimal text. */
  readonly rates: Readonly<Record<string, string>>;
  /** How long a payment that does not say whether an invoice stands behind it waits, ms. */
  readonly matchWithin: number;
  /** How long raw bodies are kept, ms. */
  readonly retention: DurationMs;
  readonly sink: SinkConfig;
  readonly spend: { readonly on: 'usage'; readonly per: bigint } | undefined;
  readonly members: { readonly signup: 'external' | 'embedded'; readonly apiKeyPrefix: string };
  readonly auth: {
    readonly jwt: JwtConfig | undefined;
    readonly introspect: IntrospectConfig | undefined;
    /** Claim that names the member's organization. */
    readonly orgClaim: string | undefined;
  };
  readonly share: Readonly<Record<string, string>>;
  readonly leaderboard: boolean;
  readonly invites: {
    /** Addresses that a member may invite in a day; 0: there are no invitations. */
    readonly perDay: number;
    /** The same of all members together. */
    readonly programPerDay: number;
    readonly subject: string | undefined;
    readonly text: string | undefined;
  };
  /** Mails to members that the program sends beside those that have to be. */
  readonly mails: { readonly news: boolean; readonly summary: boolean };
  readonly portal: { readonly frameAncestors: readonly string[]; readonly oidc?: OidcConfig | undefined };
  readonly api: readonly string[];
  /** The Open Source Fund; most programs have none. */
  readonly fund?: Fund | undefined;
}

/** A program as it runs: which row and version of the database it is. */
export interface LoadedProgram {
  /** programs.no: the leading column of every key, and the number of the writer's lock. */
  readonly no: number;
  readonly version: number;
  readonly program: Program;
}

/** Whether a held reward of this amount is approved only by two. */
export function needsTwoPersons({ moderation: { twoPersonsAbove: above } }: Program, amount: bigint): boolean {
  return above !== undefined && amount > above;
}

/** The tier somebody stands in; they begin in the first. undefined: the program has none. */
export function tierOf(program: Program, person: { readonly tier: string | null }): Tier | undefined {
  return program.tiers.find((tier) => tier.name === person.tier) ?? program.tiers[0];
}

/** The currency in which a payment of `currency` is rewarded: the unit's, or its own with `currency: payment`. */
export function rewardUnit(unit: Unit, currency: string): string {
  if (unit.kind === 'points') return unit.name;
  return unit.currency === 'payment' ? currency : unit.currency;
}

/** `signup_url?<parameter>=<code>`: what members share, in every interface. */
export function referralUrl(program: Program, code: string): string {
  const url = new URL(program.product.signupUrl);
  url.searchParams.set(program.attribution.parameter, code);
  return url.href;
}
