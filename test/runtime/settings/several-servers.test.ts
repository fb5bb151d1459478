import { describe, expect, it } from 'vitest';
import { readSeveralServers, withoutLogin } from '../../../runtime/settings/several-servers.ts';

describe('a URL of several servers', () => {
  it.each([
    [
      'redis+cluster://a:7000,b',
      {
        kind: 'cluster',
        tls: false,
        hosts: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 6379 },
        ],
      },
    ],
    [
      'rediss+cluster://ann:s%40crt@[::1]:7000',
      { kind: 'cluster', tls: true, username: 'ann', password: 's@crt', hosts: [{ host: '::1', port: 7000 }] },
    ],
    [
      'redis+sentinel://:secret@a,b:26380/main/3?sentinel_password=other',
      {
        kind: 'sentinel',
        tls: false,
        password: 'secret',
        hosts: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 26_380 },
        ],
        name: 'main',
        db: 3,
        sentinelPassword: 'other',
      },
    ],
  ])('%s', (url, read) => {
    expect(readSeveralServers(url)).toEqual(read);
  });

  it.each([
    'redis://a:6379',
    'redis+cluster://',
    'redis+cluster://a:7000,',
    'redis+cluster://a:x',
    'redis+cluster://a:7000/0',
    'redis+sentinel://a:26379',
    'redis+sentinel://a:26379/main/x',
  ])('%s is none', (url) => {
    expect(readSeveralServers(url)).toBeUndefined();
  });

  it('is shown without its logins', () => {
    expect(withoutLogin('redis+sentinel://ann:secret@a,b/main?sentinel_password=other')).toBe(
      'redis+sentinel://***@a,b/main',
    );
  });
});
