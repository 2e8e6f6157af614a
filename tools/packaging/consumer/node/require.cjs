void import('./programs.mjs').then(({ main }) => main(async (name) => require(name)));
