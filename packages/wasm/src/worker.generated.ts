// Made by `npm run generate` from src/worker.ts.

/** The program of a worker thread. */
export const program: string =
  '"use strict";(()=>{function l(e){return(4+e)*16}function b(e,n){for(;;){let t=Atomics.sub(e,16,1);if(t<=0)return;let r=m(e,50),s=(m(e,51)-t)*r;n(m(e,48),s,Math.min(s+r,m(e,49))),Atomics.sub(e,32,1)===1&&Atomics.notify(e,32)}}function m(e,n){return(e[n]??0)>>>0}var f=1e4,A=globalThis.process?.getBuiltinModule?.("node:worker_threads"),y=A?.parentPort??globalThis;y.onmessage=({data:e})=>{let{module:n,memory:t,control:r,controlBytes:s,index:d}=e,{run:p}=new WebAssembly.Instance(n,{env:{memory:t}}).exports,o=new Int32Array(t.buffer,r,s/4),u=l(d),c=Atomics.load(o,0);for(y.postMessage("ready");;){for(let i=0;i<f&&Atomics.load(o,0)===c;i++);Atomics.store(o,u,0),Atomics.wait(o,0,c),Atomics.store(o,u,1),c=Atomics.load(o,0),b(o,p)}};})();';
