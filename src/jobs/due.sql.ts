/**
 * What is due, and when the next thing will be. Business time lives in our own rows; a job queue only says "look".
 * Promises: set-based: one statement puts every due thing into the inbox as an event of its own, under a key made of
 * what and when, so that however often it runs each is told once.
 */
import { NEXT_MONTH } from './ranks.sql.ts';

/**
 * `due` selects (id, at) of what is due at $2, at most a thousand; `field` is what the command calls the id. `time` tells
 * one time that a thing is due from its others.
 */
function tell(command: string, field: string, due: string, time = 'extract(epoch from d.at)'): string {
  return `with due as (${due} order by at limit 1000),
  stored as (
    insert into inbox_events (program_no, source, event_id, type, received_at, occurred_at, tried_once, body, body_hash)
    select $1, 'plusone', '${command}:' || d.id || ':' || ${time}, '${command}', $2, d.at, $3,
      b.body, sha256(convert_to(b.body, 'UTF8'))
    from due d cross join lateral (select json_build_object('command', '${command}', '${field}', d.id::text)::text as body) b
    order by 3
    on conflict (program_no, source, event_id) do nothing returning id)
  insert into inbox_queue (program_no, id) select $1, id from stored`;
}

/**
 * Lots with something left whose time has come. One that a void or a restoration opened again is told again, as its next
 * expiry; what was told is passed over, so that it holds up nothing.
 */
export const TELL_EXPIRIES = tell(
  'lot.expire',
  'lot',
  `select l.reward_id as id, l.expires_at as at, l.expiries from lots l
    where l.program_no = $1 and l.remaining > 0 and l.expires_at <= $2 and not exists (
      select from inbox_events i where i.program_no = $1 and i.source = 'plusone'
        and i.event_id = 'lot.expire:' || l.reward_id || ':' || l.expiries)`,
  'd.expiries',
);

/** Payments that have waited their match_within; rewards that have vested or settle; referrals whose time has run out. */
export const TELL: Readonly<Record<string, string>> = {
  'payment.match_due': tell(
    'payment.match_due',
    'paymentId',
    'select id, match_until as at from payments where program_no = $1 and match_until <= $2',
  ),
  'referral.due': tell(
    'referral.due',
    'refereeId',
    'select referee_id as id, qualify_until as at from referrals where program_no = $1 and qualify_until <= $2',
  ),
  'reward.due': tell(
    'reward.due',
    'rewardId',
    `select id, at from (
      select id, vests_at as at from rewards where program_no = $1 and status = 'pending' and vests_at <= $2 and reason = 'vesting'
      union all
      select id, settles_at from rewards where program_no = $1 and status = 'pending' and settles_at <= $2 and reason = 'settling') r`,
  ),
  'lot.expire': TELL_EXPIRIES,
};

/** The first of the month after the one that the fund runs next. */
const NEXT_FUND_RUN = `select min(f.at) as at from (
    select ((to_date(s.since, 'YYYY-MM') + interval '1 month') at time zone 'UTC') as at from fund_starts s
     where s.program_no = $1 and not exists (select from fund_runs r where r.program_no = $1)
    union all
    select ((to_date(max(r.month), 'YYYY-MM') + interval '2 months') at time zone 'UTC') from fund_runs r where r.program_no = $1) f
    where f.at > $2`;

/** The next time after $2 at which anything of this program falls due. */
export const NEXT_DUE = `select min(at) as at from (
    select min(match_until) as at from payments where program_no = $1 and match_until > $2
    union all ${NEXT_MONTH}
    union all ${NEXT_FUND_RUN}
    union all select min(next_try_at) from fund_payouts where program_no = $1 and next_try_at > $2
    union all select min(qualify_until) from referrals where program_no = $1 and qualify_until > $2
    union all select min(vests_at) from rewards where program_no = $1 and status = 'pending' and vests_at > $2
    union all select min(settles_at) from rewards where program_no = $1 and status = 'pending' and settles_at > $2
    union all select min(expires_at) from lots where program_no = $1 and remaining > 0 and expires_at > $2
    union all select min(next_try_at) from deliveries where program_no = $1 and next_try_at > $2
    union all select min(next_try_at) from domain_checks where program_no = $1 and told_at is null and next_try_at > $2
    union all select min(next_try_at) from network_checks where program_no = $1 and told_at is null and next_try_at > $2
    union all select min(next_try_at) from mails where program_no = $1 and next_try_at > $2) due`;

/**
 * Whether nothing is under way: no event waits, no single try is due or out. One snapshot: a result leaves "sending" in
 * the same commit that queues it for the engine, so it is never in neither.
 */
export const IS_SETTLED = `select not exists (select from inbox_queue where program_no = $1) and not exists (
    select from deliveries where program_no = $1 and tried_once
      and ((state = 'sending' and lease_until > now()) or (state = 'planned' and next_try_at <= $2))) as settled`;
