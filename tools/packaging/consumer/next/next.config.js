// Next builds from the temporary folder of the project alone.
export default { turbopack: { root: import.meta.dirname } };
