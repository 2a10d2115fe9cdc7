// Asks a store in Redis. Nothing listens on this port: it is the driver that says so.
import { redisStore } from 'nestjs-hot-config/stores/redis';

const answer = redisStore({ url: 'redis://127.0.0.1:1' }).get('app.yaml');
await answer.catch((error) => {
  if (error.failure !== 'unreachable' || !error.message.includes('refuses connections')) throw error;
  console.log('the driver of Redis has tried to connect');
});
