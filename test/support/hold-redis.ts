import { openRedis } from '../../runtime/redis/embedded/index.ts';
import { processEnvironment } from '../../runtime/settings/environment.ts';
import { loadSettings } from '../../runtime/settings/load.ts';

/** A process of its own that opens the Redis of its environment, says so on stdout and holds it until SIGTERM. */
const redis = await openRedis(loadSettings(processEnvironment(), []).runtime.redis, () => undefined);
process.once('SIGTERM', () => {
  void redis.stop().then(() => process.exit(0));
});
process.stdout.write(`${redis.description}\n`);
setInterval(() => undefined, 60_000);
