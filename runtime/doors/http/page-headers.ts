/** Where a page of ours may get each kind of thing from, and who may embed it. */
const POLICY = {
  'default-src': "'self'",
  'img-src': "'self' data:",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'self'",
  'frame-ancestors': "'none'",
};

/** What every answer tells a browser: nothing from elsewhere, no script or style inside a page. */
export const PAGE_HEADERS = {
  'Content-Security-Policy': policyText(POLICY),
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** The policy of the job dashboard, whose page has a base address and styles of its own inside. */
export const BOARD_POLICY = policyText({
  ...POLICY,
  'style-src': "'self' 'unsafe-inline'",
  'base-uri': "'self'",
});

function policyText(policy: Readonly<Record<string, string>>): string {
  return Object.entries(policy)
    .map(([kind, sources]) => `${kind} ${sources}`)
    .join('; ');
}
