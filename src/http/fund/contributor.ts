/**
 * A member as a contributor to the Open Source Fund: registering, the code from the mail, where to pay, their own lines.
 * Promises: an address counts only when the code that was mailed there came back from the very member who asked. Must
 * never: show an address or payout details, or tell whether an address is somebody's before it is proved.
 */
import type { Request, Response } from 'express';
import {
  type Contributor,
  findByMember,
  listContributors,
  prove,
  RegisteringRefused,
  register,
  setDetails,
} from '../../fund/contributors.ts';
import { ownJson } from '../../fund/report-forms.ts';
import { answer, isoOrNull } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { integer, readBody, readQuery, writeId } from '../input.ts';
import { type Acting, actingMember } from '../member/bearer.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import { fundOf, reportUrl, reportWanted } from './report.ts';
import * as forms from './schemas.ts';

type Needs = Pick<Deps, 'fund' | 'env' | 'limits' | 'pools'>;

export function contributorRoutes(deps: Needs): Route[] {
  const at = { path: '/v1/me/contributor', answers: forms.contributor } as const;
  const missing = ['no_fund', 'not_registered'] as const;
  return [
    {
      ...at,
      method: 'get',
      credential: 'member:read',
      summary: 'The member as a contributor: what is owed and what was paid',
      operation: 'contributor.me',
      refuses: missing,
      handle: async (_req, res) => show(deps, res, await mine(deps, res)),
    },
    {
      ...at,
      method: 'post',
      credential: 'member:write',
      body: 'json',
      summary: 'Registers the member, or a further address of theirs; a code is mailed there',
      description: 'The address is one that commits carry. It counts when the code came back.',
      operation: 'contributor.register',
      asks: { body: forms.registerBody },
      refuses: ['no_fund', 'username_taken', 'too_many_requests'],
      handle: (req, res) => registerMember(deps, req, res),
    },
    {
      ...at,
      method: 'post',
      path: '/v1/me/contributor/confirm',
      credential: 'member:write',
      body: 'json',
      summary: 'Proves an address with the code that was mailed there',
      operation: 'contributor.confirm',
      asks: { body: forms.confirmBody },
      refuses: ['no_fund', 'challenge_invalid', 'address_taken', 'username_taken'],
      handle: (req, res) => confirm(deps, req, res),
    },
    {
      ...at,
      method: 'put',
      path: '/v1/me/contributor/details',
      credential: 'member:write',
      body: 'json',
      summary: 'Where to pay; kept encrypted, and shown to nobody but the sink',
      operation: 'contributor.setDetails',
      asks: { body: forms.detailsBody },
      refuses: missing,
      handle: (req, res) => changeDetails(deps, readBody(req, forms.detailsBody).details, res),
    },
    {
      ...at,
      method: 'delete',
      path: '/v1/me/contributor/details',
      credential: 'member:write',
      summary: 'Forgets where to pay; what is owed stays owed',
      operation: 'contributor.removeDetails',
      refuses: missing,
      handle: (_req, res) => changeDetails(deps, null, res),
    },
    {
      method: 'get',
      path: '/v1/me/contributor/report',
      credential: 'member:read',
      summary: 'The member’s own lines in a month’s release, and the share for them',
      operation: 'contributor.report',
      asks: { query: forms.monthQuery },
      answers: forms.ownReport,
      refuses: [...missing, 'unknown_month'],
      handle: (req, res) => ownReport(deps, req, res),
    },
  ];
}

async function mine({ fund }: Needs, res: Response): Promise<Contributor> {
  const loaded = programOf(res);
  fundOf(loaded);
  const found = await findByMember(fund.ports.pool, loaded.no, actingMember(res).memberId);
  if (!found) throw new Problem('not_registered');
  return found;
}

async function show(deps: Needs, res: Response, { id }: Contributor): Promise<void> {
  const loaded = programOf(res);
  const { currency } = fundOf(loaded);
  const [row] = await listContributors(deps.fund.ports.pool, loaded.no, id);
  if (!row) throw new Problem('not_registered');
  answer(res, forms.contributor, {
    id: writeId('con', row.id),
    github_username: row.username,
    addresses: row.addresses,
    proved_at: isoOrNull(row.provedAt),
    has_details: row.hasDetails,
    owed: integer(row.owed),
    paid: integer(row.paid),
    currency,
    report_url: row.provedAt ? reportUrl(deps, loaded, row.id) : null,
  });
}

async function registerMember(deps: Needs, req: Request, res: Response): Promise<void> {
  const { github_username: username, email: address } = readBody(req, forms.registerBody);
  const loaded = programOf(res);
  fundOf(loaded);
  const { memberId, personId } = actingMember(res);
  await deps.limits.take('contributors', loaded.no, String(personId));
  const made = await told(register(deps.fund.ports, loaded, { username, address, by: { memberId } }));
  await show(deps, res, made);
}

async function confirm(deps: Needs, req: Request, res: Response): Promise<void> {
  const { code } = readBody(req, forms.confirmBody);
  const loaded = programOf(res);
  fundOf(loaded);
  const { memberId } = actingMember(res);
  await show(deps, res, await told(prove(deps.fund.ports, loaded, code, { memberId })));
}

async function changeDetails(deps: Needs, details: Record<string, string> | null, res: Response): Promise<void> {
  const { id } = await mine(deps, res);
  await setDetails(deps.fund.ports, programOf(res), id, details, actorOf(actingMember(res)));
  await show(deps, res, await mine(deps, res));
}

/** In the audit log. */
const actorOf = ({ memberId }: Acting): string => `member:${memberId}`;

async function ownReport(deps: Needs, req: Request, res: Response): Promise<void> {
  const { month } = readQuery(req, forms.monthQuery);
  const { id } = await mine(deps, res);
  const { report } = await reportWanted(deps, programOf(res), month);
  answer(res, forms.ownReport, ownJson(report, id));
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RegisteringRefused)) throw error;
    // Only the operator names a contributor by an id.
    throw error.why === 'unknown_contributor' ? error : new Problem(error.why);
  }
}
