/**
 * Which problems an operation may answer with: those that its credential, body and path bring, and its own.
 * Promises: whoever reads the document knows every code beforehand; tests hold each problem that they see against this.
 */
import { KEY_SCOPES } from '../../accounts/keys.ts';
import { PROBLEMS, type ProblemCode } from '../problems.ts';
import { isOfAdmin, type Route } from '../routes.ts';
import type { Placed } from './names.ts';

const OF_BODY = {
  json: ['bad_request', 'not_parseable', 'too_large', 'unsupported_encoding', 'unsupported_media_type'],
  beacon: ['bad_request', 'not_parseable', 'too_large', 'unsupported_encoding'],
  raw: ['bad_request', 'too_large', 'unsupported_encoding'],
  form: ['bad_request', 'too_large', 'unsupported_encoding'],
} as const;

const OF_KEY = ['unauthorized', 'wrong_program', 'insufficient_scope'] as const;
const OF_MEMBER = [...OF_KEY, 'member_required', 'unknown_member'] as const;

function ofCredential({ credential, method }: Route): readonly ProblemCode[] {
  const common = ['internal_error', 'unavailable', 'busy'] as const;
  // What is open and only read (probes, the document) says itself whether it needs the database.
  if (credential === 'none' && method === 'get') return ['internal_error'];
  if (credential === 'none') return common;
  if (credential === 'signature') return common;
  // The admin API is not there on a program's host.
  if (credential === 'password') return [...common, 'not_found'];
  if (credential === 'admin:self') return [...common, 'unauthorized', 'session_required', 'cross_site', 'not_found'];
  if (isOfAdmin(credential)) return [...common, 'unauthorized', 'insufficient_role', 'cross_site', 'not_found'];
  const isServers = (KEY_SCOPES as readonly string[]).includes(credential);
  return [...common, ...(isServers ? OF_KEY : OF_MEMBER)];
}

/** The codes by their status, in ascending order. */
export function refusalsOf({ prefix, route }: Placed): Map<number, ProblemCode[]> {
  const { asks, body, refuses = [] } = route;
  const codes = new Set<ProblemCode>([...ofCredential(route), ...refuses]);
  const add = (...more: readonly ProblemCode[]) => {
    for (const code of more) codes.add(code);
  };
  if (body) add(...OF_BODY[body]);
  if (asks && (asks.query || asks.headers || (asks.body && body !== 'raw'))) add('invalid_request');
  if (`${prefix}${route.path}`.includes(':')) add('bad_request', 'not_found');
  if (prefix.includes(':program')) add('unknown_program');
  const sorted = [...codes].sort((a, b) => PROBLEMS[a][0] - PROBLEMS[b][0] || a.localeCompare(b));
  return Map.groupBy(sorted, (code) => PROBLEMS[code][0]);
}
