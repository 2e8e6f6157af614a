// Made by `npm run generate` from src/worker.ts.

/** The program of a worker thread. */
export const program: string =
  '"use strict";(()=>{function i(e){return(4+e)*16}function l(e,n){for(;;){let t=Atomics.sub(e,16,1);if(t<=0)return;let r=m(e,50),s=(m(e,51)-t)*r;n(m(e,48),s,Math.min(s+r,m(e,49))),Atomics.sub(e,32,1)===1&&Atomics.notify(e,32)}}function m(e,n){return(e[n]??0)>>>0}var y=.1,p=100,A=globalThis.process?.getBuiltinModule?.("node:worker_threads"),b=A?.parentPort??globalThis;b.onmessage=({data:e})=>{let{module:n,memory:t,control:r,controlBytes:s,index:d}=e,{run:f}=new WebAssembly.Instance(n,{env:{memory:t}}).exports,o=new Int32Array(t.buffer,r,s/4),a=i(d),u=Atomics.load(o,0);for(Atomics.store(o,a,1),b.postMessage("ready");;)E(o,u)||(Atomics.store(o,a,0),Atomics.wait(o,0,u),Atomics.store(o,a,1)),u=Atomics.load(o,0),l(o,f)};function E(e,n){let t=performance.now()+y;do for(let r=0;r<p;r++)if(Atomics.load(e,0)!==n)return!0;while(performance.now()<t);return!1}})();';
