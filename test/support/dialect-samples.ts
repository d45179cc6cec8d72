/** Sample answers of the seeds, as they are written there, of those endpoints that more than one test looks at. */

export const HANZO_REFERRER = {
  id: 'ref_01HX9K3V2M7NQRST4BCDE5FG6H',
  code: 'zach42',
  url: 'https://hanzo.ai/signup?ref=zach42',
  channel: 'twitter',
  campaign: 'launch-week-2026',
  created_at: '2026-03-22T00:00:00Z',
};

export const HANZO_PROFILE = {
  id: 'ref_01HX9K3V2M7NQRST4BCDE5FG6H',
  code: 'zach42',
  tier: 'pro',
  referral_count: 87,
  credit_balance_cents: 435000,
  credit_max_cents: 2000000,
  credit_expiry_days: 365,
  revenue_share_pct: 5.0,
  revenue_share_total_cents: 128400,
  revenue_share_pending_cents: 3200,
  referrals: { total: 87, qualified: 82, pending: 5 },
  created_at: '2025-06-15T00:00:00Z',
};

export const HANZO_CLAIM = {
  id: 'claim_01HX9M4W3N8OPQRS5TUVW6XY7Z',
  code: 'zach42',
  referrer_id: 'ref_01HX9K3V2M7NQRST4BCDE5FG6H',
  referred_user_id: 'usr_01HX9M4W3N8OPQRS5TUVW6XY7Z',
  credit_cents: 2000,
  status: 'credited',
  created_at: '2026-03-22T12:00:00Z',
};

export const BUYWHERE_CODE = {
  referral_code: 'ALICE2024',
  referral_url: 'https://api.buywhere.ai/signup?ref=ALICE2024',
  share_text: 'Build AI shopping agents with @buywhere API …',
  total_referrals: 12,
  credits_earned: 6000,
  credits_available: 3800,
};

export const BUYWHERE_SIGNUP = {
  id: 'dev_abc123',
  email: 'dev@example.com',
  name: 'Developer Name',
  referred_by: 'dev_xyz789',
  referral_code: 'ALICE2024',
  referral_credits_earned: 5000,
  referral_credits_used: 1200,
  referral_credits_balance: 3800,
  referred_developers_count: 12,
  created_at: '2026-01-15T10:00:00Z',
  api_key: 'bw_live_xxx',
};

export const BUYWHERE_REVOKED = {
  code: 'ALICE2024',
  developer_id: 'dev_abc123',
  is_active: true,
  max_uses: null,
  uses_count: 12,
  created_at: '2026-01-15T10:00:00Z',
};

export const KORTIX_STATS = {
  referral_code: 'ABC123XYZ',
  total_referrals: 15,
  successful_referrals: 12,
  total_credits_earned: 1200,
  remaining_earnable_credits: 8800,
  max_earnable_credits: 10000,
  has_reached_limit: false,
  last_referral_at: '2024-01-15T10:30:00Z',
};

export const KORTIX_REFRESHED = {
  success: true,
  old_code: 'ABC123XYZ',
  new_code: 'XYZ789ABC',
  message: 'Referral code refreshed successfully',
};

export const BUYWHERE_CREDIT = {
  id: 'rc_001',
  referrer_id: 'dev_abc123',
  referee_id: 'dev_def456',
  credit_amount: 500,
  reason: 'referral_signup',
  created_at: '2026-04-01T10:00:00Z',
};
