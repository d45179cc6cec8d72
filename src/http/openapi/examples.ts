/**
 * Values as they look in life, made of the schemas: for the document, its page and the commands on it.
 * Promises: an example fits its schema (a test holds each against it) and is the same every time. Must never: look like
 * anybody's real address, key or domain.
 */
import type { JsonSchema } from './model.ts';

type Components = Readonly<Record<string, JsonSchema>>;

/** By the name of the field; used where the schema allows it. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  program: 'claudexia',
  source: 'stripe',
  type: 'member.created',
  id: 'rw_4211',
  reward_id: 'rw_4211',
  event_id: 'ev_9020',
  transaction_id: 'tx_5107',
  sealed_to: 'tx_5107',
  member_id: 'alice',
  referrer_id: 'alice',
  referee_id: 'bob',
  payment_id: 'pi_3Qk7aL',
  source_payment_id: 'pi_3Qk7aL',
  idempotency_key: 'ref:auto:pi_3Qk7aL',
  code: 'K7M2XQ',
  previous_code: 'H4TR9W',
  url: 'https://claudexia.tech/?ref=K7M2XQ',
  email: 'alice@example.com',
  name: 'Alice',
  referrer_name: 'Alice',
  channel: 'newsletter',
  campaign: 'launch-week-2026',
  rule: 'top_up_share',
  reason: null,
  unit: 'usd',
  currency: 'usd',
  amount: 250,
  balance: 1750,
  rate: '5%',
  tier: null,
  kind: 'credit',
  key: 'po_claudexia_m5Vd…',
  prefix: 'po_claudexia_m5VdQa',
  scopes: ['events:write'],
  limit: 50,
  cursor: null,
  next_cursor: null,
  hosts: [],
  flags: [],
  note: null,
  reference: 'cbtxn_1Qk7b',
  status: 'credited',
  x: 'Join me: https://claudexia.tech/?ref=K7M2XQ',
  emails: ['bob@example.com'],
  valid: true,
  balanced: true,
  email_verified: true,
  uses: 12,
  signups: 4,
  active: 2,
  qualified: 3,
  events: 1,
  earned: 5250,
  earned_last_30_days: 1750,
  pending: 250,
  remaining: 7500,
  cap: 10000,
  used: 2500,
  rank: 1,
  duration_ms: 184,
  attempts: 1,
  version: 3,
  program_version: 3,
  count: 21,
};

const TIME = '2026-05-01T10:00:00Z';

/** Of a request only what must be there, where something must. */
export function exampleOf(schema: JsonSchema, components: Components, name = ''): unknown {
  const [given] = schema.examples ?? [];
  if (given !== undefined) return given;
  const named = BY_NAME[name];
  if (named !== undefined && fits(named, schema, components)) return named;
  if (schema.$ref) return exampleOf(target(schema, components), components, name);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first) return exampleOf(first, components, name);
  if (schema.allOf) return merged(schema.allOf.map((part) => exampleOf(part, components, name)));
  return ofType(schema, components, name);
}

function ofType(schema: JsonSchema, components: Components, name: string): unknown {
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return ofObject(schema, components);
    case 'array':
      return schema.items ? [exampleOf(schema.items, components, name.replace(/s$/, ''))] : [];
    case 'string':
      if (schema.format === 'date-time') return TIME;
      if (schema.format === 'date') return TIME.slice(0, 10);
      if (schema.format === 'uri') return BY_NAME.url;
      if (schema.nullable || schema.type?.includes('null')) return null;
      return name === '' ? 'text' : name.replaceAll('_', ' ');
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    default:
      return null;
  }
}

/** An answer has all its fields; a request only what it must have, and all where nothing must be. */
function ofObject({ properties = {}, required = [] }: JsonSchema, components: Components): object {
  const shown = Object.entries(properties).filter(([name]) => required.length === 0 || required.includes(name));
  return Object.fromEntries(shown.map(([name, schema]) => [name, exampleOf(schema, components, name)]));
}

function merged(parts: readonly unknown[]): unknown {
  return parts.every((part) => typeof part === 'object' && part !== null) ? Object.assign({}, ...parts) : parts[0];
}

function target({ $ref = '' }: JsonSchema, components: Components): JsonSchema {
  return components[$ref.slice($ref.lastIndexOf('/') + 1)] ?? {};
}

/** As far as a named value goes: its type, and whether an enumeration has it. */
function fits(value: unknown, schema: JsonSchema, components: Components): boolean {
  if (schema.$ref) return fits(value, target(schema, components), components);
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return variants.some((variant) => fits(value, variant, components));
  if (value === null && schema.nullable) return true;
  if (schema.enum) return schema.enum.includes(value);
  if (schema.const !== undefined || schema.allOf || schema.pattern || schema.format === 'date-time') return false;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (value === null) return types.includes('null');
  if (Array.isArray(value))
    return types.includes('array') && value.every((each) => fits(each, schema.items ?? {}, components));
  return types.includes(typeof value) || (typeof value === 'number' && types.includes('integer'));
}
