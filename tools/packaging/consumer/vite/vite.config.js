// Workers are modules, since the packages load some of their parts when these are needed.
export default { worker: { format: 'es' } };
