// Asks a store in PostgreSQL. Nothing listens on this port: it is the driver that says so.
import { postgresStore } from 'nestjs-hot-config/stores/postgres';

const answer = postgresStore({ url: 'postgres://app@127.0.0.1:1/app' }).get('app.yaml');
await answer.catch((error) => {
  if (error.failure !== 'unreachable' || !error.message.includes('refuses connections')) throw error;
  console.log('the driver of PostgreSQL has tried to connect');
});
