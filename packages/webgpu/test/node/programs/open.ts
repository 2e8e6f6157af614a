// Tries to open a backend, and prints the outcome.
import { webgpu } from '@asgd/webgpu';

try {
  const backend = await webgpu();
  console.log('opened');
  await backend.close();
} catch (error) {
  const { name, message } = error as Error;
  console.log(`${name}: ${message}`);
}
