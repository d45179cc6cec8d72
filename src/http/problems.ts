/**
 * Every way in which we say no: one list of codes, each with its status and title, as RFC 9457 problem documents.
 * Promises: an answer of 4xx or 5xx always has this form; a fault of ours is 5xx, never 4xx. Must never: tell what
 * went wrong inside: details are written by hand, and an unexpected error's message stays in the log.
 */
import type { Response } from 'express';

export const PROBLEMS = {
  bad_request: [400, 'The request could not be read'],
  bad_signature: [400, 'The signature does not match'],
  missing_signature: [400, 'The signature is missing'],
  stale_timestamp: [400, 'The signature is too old, or from the future'],
  not_parseable: [400, 'The body is not JSON in UTF-8'],
  member_required: [400, 'The header Plusone-Member must name the member'],
  unauthorized: [401, 'A valid credential is required'],
  sign_in_failed: [401, 'The e-mail address, the password or the code is wrong'],
  totp_required: [401, 'A code of the authenticator app is required'],
  wrong_program: [403, 'The key belongs to another program'],
  foreign_origin: [403, 'Only pages of the product are heard'],
  insufficient_scope: [403, 'The key does not have the scope for this'],
  insufficient_role: [403, 'The role does not allow this'],
  session_required: [403, 'Only somebody who has signed in by name can do this'],
  cross_site: [403, 'The request does not come from our own pages'],
  not_found: [404, 'There is nothing here'],
  unknown_program: [404, 'There is no such program'],
  unknown_source: [404, 'The program declares no such source'],
  unknown_reward: [404, 'There is no such reward'],
  unknown_member: [404, 'There is no such member'],
  unknown_payment: [404, 'There is no such payment'],
  unknown_event: [404, 'There is no such event'],
  unknown_user: [404, 'There is no such user'],
  unknown_key: [404, 'There is no such key'],
  unknown_code: [404, 'There is no such code'],
  unknown_appeal: [404, 'There is no such appeal'],
  no_code: [404, 'The member has no code'],
  unknown_credit: [404, 'No credit was sent under this key'],
  unknown_spend: [404, 'There is no such spend'],
  no_fund: [404, 'The program has no Open Source Fund'],
  not_registered: [404, 'The member has not registered as a contributor'],
  unknown_month: [404, 'The fund was not run for this month'],
  unknown_payout: [404, 'There is no such payout'],
  method_not_allowed: [405, 'The method is not allowed here'],
  not_approvable: [409, 'The reward waits for no approval'],
  already_approved: [409, 'You have approved it already; somebody else has to, too'],
  status_changed: [409, 'The reward no longer has this status'],
  not_rejectable: [409, 'The reward can no longer be rejected'],
  not_reversible: [409, 'The reward cannot be reversed'],
  outcome_unknown: [409, 'It is not known whether the sink has the credit'],
  already_settled: [409, 'The credit was settled otherwise before'],
  payout_settled: [409, 'The payout was settled otherwise before, or was never sent'],
  username_taken: [409, 'The name is another contributor’s, or it is proved and stays'],
  address_taken: [409, 'The address is another contributor’s'],
  not_replayable: [409, 'The event cannot be replayed'],
  body_purged: [409, 'The body of the event is no longer kept'],
  not_attachable: [409, 'The payment lacks no referrer'],
  not_suspended: [409, 'The member is not suspended'],
  appeal_decided: [409, 'The appeal was decided before'],
  code_taken: [409, 'The code is taken'],
  too_many_keys: [409, 'Two keys are live already; revoke one first'],
  too_many_links: [409, 'The member has as many links as there may be'],
  already_referred: [409, 'The member was referred before'],
  self_referral: [409, 'Nobody refers themselves'],
  same_organization: [409, 'Members of one organization do not refer each other'],
  fewer_than_uses: [409, 'The code has been used more often than that'],
  member_erased: [409, 'The member was erased'],
  member_suspended: [409, 'The member is suspended, and all their codes with them'],
  own_account: [409, 'Another owner has to do this'],
  totp_in_force: [409, 'One-time passwords are in force already'],
  email_taken: [409, 'There is an account with this e-mail address'],
  code_revoked: [409, 'The code was revoked'],
  code_suspended: [409, 'The code is suspended'],
  code_expired: [409, 'The code has expired'],
  code_used_up: [409, 'The code has been used as often as it may'],
  not_our_balance: [409, 'The balance of this program is kept by another system'],
  idempotency_conflict: [409, 'The idempotency key was used with other content'],
  secret_not_kept: [409, 'The secret comes from the environment, or the program file has it, and is changed there'],
  clock_backwards: [409, 'The clock does not go back'],
  too_large: [413, 'The body is larger than 1 MiB'],
  unsupported_encoding: [415, 'A compressed body is not accepted'],
  unsupported_media_type: [415, 'The body must be application/json'],
  invalid_request: [422, 'The request has fields that are missing or wrong'],
  invalid_events: [422, 'Some events are missing or wrong; none was stored'],
  challenge_invalid: [422, 'The code is none of ours, or its week is over'],
  secret_refused: [422, 'This cannot be the secret of the source'],
  insufficient_credits: [422, 'The member has not enough credit'],
  code_not_allowed: [422, 'The code is not one to choose'],
  too_many_requests: [429, 'Too many requests; try again later'],
  internal_error: [500, 'Something went wrong here'],
  unavailable: [503, 'The database is not available'],
  busy: [503, 'The program is busy'],
  not_ready: [503, 'The service is not ready'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field that is missing or wrong; `index` where it stands in a list. */
export interface FieldProblem {
  readonly index?: number;
  readonly field: string;
  readonly reason: string;
}

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by handlers; the error handler answers with it. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, options: ProblemOptions | string = {}) {
    super(code);
    this.name = 'Problem';
    this.code = code;
    this.options = typeof options === 'string' ? { detail: options } : options;
  }
}

/** Long enough for a restart or a failover, short enough that a sender's own schedule rules. */
const RETRY_AFTER_S = 5;

export function sendProblem(res: Response, { code, options }: Problem): void {
  const [status, title] = PROBLEMS[code];
  const { detail = title, errors, headers = {} } = options;
  res.locals.problem = code;
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer');
  if (status === 503) res.setHeader('Retry-After', String(RETRY_AFTER_S));
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  res.status(status).send(JSON.stringify({ type: `urn:plusone:problem:${code}`, title, status, detail, code, errors }));
}
