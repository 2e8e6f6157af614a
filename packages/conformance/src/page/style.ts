/** Of the page alone: every rule is inside of its class, and nothing is loaded. */
export const style = `
.asgd-conformance { --good: #11632d; --bad: #a3151f; --edge: #8886; max-width: 60rem; }
@media (prefers-color-scheme: dark) { .asgd-conformance { --good: #6fd08c; --bad: #ff8a8f; } }
.asgd-conformance label { display: block; margin: 0.75rem 0; }
.asgd-conformance label > span { font-weight: 600; margin-right: 0.5rem; }
.asgd-conformance label > small { display: block; opacity: 0.8; }
.asgd-conformance input:not([type='checkbox']), .asgd-conformance textarea
  { display: block; box-sizing: border-box; width: 100%; font: inherit; padding: 0.3rem; }
.asgd-conformance button { font: inherit; padding: 0.3rem 1rem; }
.asgd-conformance progress { width: 100%; }
.asgd-conformance [role='status'] { min-height: 1.5em; overflow-wrap: anywhere; }
.asgd-conformance h2 { font-size: 1.2rem; overflow-wrap: anywhere; }
.asgd-conformance .good { color: var(--good); }
.asgd-conformance .bad { color: var(--bad); }
.asgd-conformance pre, .asgd-conformance .table { overflow-x: auto; }
.asgd-conformance table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.asgd-conformance td, .asgd-conformance th { border: 1px solid var(--edge); padding: 0.2rem 0.5rem; text-align: right; }
.asgd-conformance th[scope='row'] { text-align: left; font-weight: normal; }
`;
