/**
 * How the document calls things: the id and the tag of each operation.
 * Promises: an id is the route's own name (`referral.me`), else made of its method and path, so it changes only with
 * them. Must never: leave a route without a tag; one that fits none stops the start.
 */
import type { Route } from '../routes.ts';

export interface Placed {
  /** As in the document: `/p/:program`, `/admin/v1` or nothing. */
  readonly prefix: string;
  readonly route: Route;
}

/** GET /admin/v1/rewards/:id → getAdminRewardsById. The program and the version go without saying. */
export function operationIdOf({ prefix, route }: Placed): string {
  if (route.operation) return route.operation;
  const words = `${prefix.replace('/p/:program', '')}${route.path}`
    .split(/[/._-]/)
    .filter((part) => part !== '' && part !== 'v1')
    .flatMap((part) => (part.startsWith(':') ? ['by', ...part.slice(1).split('_')] : [part]));
  return `${route.method}${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
}

interface Tag {
  readonly name: string;
  readonly description: string;
  /** A dialect's name, or what `<prefix><path>` of all other routes looks like. */
  readonly of: string | RegExp;
}

const TAGS: readonly Tag[] = [
  {
    name: 'Members',
    of: /^(\/p\/:program)?\/v1\/(me|claims|codes|leaderboard|reports|appeals)(\/|$)/,
    description:
      "What a member sees and does: with the member's token or API key, or with a server key that names the member.",
  },
  {
    name: 'Server',
    of: /^(\/p\/:program)?\/v1\/(events|credits|portal-links|payouts)(\/|$)/,
    description: 'What your servers tell and ask, with a server key.',
  },
  {
    name: 'Webhooks',
    of: /^(\/p\/:program)?\/webhooks\//,
    description: 'Where the providers that you already have send what happens.',
  },
  {
    name: 'Hanzo',
    of: 'hanzo',
    description: "The dialect of programs with `api: [hanzo]`: that product's own paths and fields.",
  },
  {
    name: 'BuyWhere',
    of: 'buywhere',
    description: "The dialect of programs with `api: [buywhere]`: that product's own paths and fields.",
  },
  {
    name: 'Kortix',
    of: 'kortix',
    description: "The dialect of programs with `api: [kortix]`: that product's own paths and fields.",
  },
  {
    name: 'Admin: rewards',
    of: /^\/admin\/v1\/(rewards|moderation)(\/|$)/,
    description: 'Every reward with its explanation, and the decisions that a person takes.',
  },
  {
    name: 'Admin: what happened',
    of: /^\/admin\/v1\/(events|catch-ups|payments|audit|ledger)(\/|$)/,
    description: 'The inbox, payments that earned nothing, who did what, and whether the ledger is in balance.',
  },
  {
    name: 'Admin: people',
    of: /^\/admin\/v1\/(members|appeals|codes|reports)(\/|$)/,
    description: 'Members, their codes, what is reported of them, and their appeals.',
  },
  {
    name: 'Admin: programs',
    of: /^\/admin\/v1\/(programs|test-clock)(\/|$)/,
    description: 'The programs that run here, their figures and their keys.',
  },
  {
    name: 'Admin: the fund',
    of: /^\/admin\/v1\/fund(\/|$)/,
    description: 'What the Open Source Fund gave to whom, and for which lines.',
  },
  {
    name: 'Admin: who may',
    of: /^\/admin\/v1\/(session|users)(\/|$)/,
    description: 'Named admins, their roles, and signing in.',
  },
  {
    name: 'Pages',
    of: /^(\/p\/:program)?\/(r\/|unsubscribe\/|appeal\/|fund\/|portal|plusone\.js|v1\/visits$)/,
    description: 'What a browser opens: links in mails and in posts, and the page of referrers.',
  },
  {
    name: 'Service',
    of: /^\/(healthz|readyz|metrics|openapi\.json|docs)$/,
    description: 'For whoever runs and watches the service.',
  },
];

export function tagOf({ prefix, route }: Placed): string {
  const path = `${prefix}${route.path}`;
  const tag = TAGS.find(({ of }) => (route.dialect || typeof of === 'string' ? of === route.dialect : of.test(path)));
  if (!tag) throw new Error(`bug: ${prefix}${route.path} fits no tag of the document: add one to openapi/names.ts`);
  return tag.name;
}

/** Those in use, in the order in which the document should be read. */
export function tagsOf(placed: readonly Placed[]): { name: string; description: string }[] {
  const used = new Set(placed.map(tagOf));
  return TAGS.filter(({ name }) => used.has(name)).map(({ name, description }) => ({ name, description }));
}
