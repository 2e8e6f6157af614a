'use client';

// @boundaries-ignore: the project that this is copied to installs it
import { useEffect } from 'react';
import { report } from '../train.js';

function reportOfWorker() {
  const worker = new Worker(new URL('../worker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data));
    worker.addEventListener('error', ({ message }) => reject(new Error(`The worker failed: ${message}`)));
  });
}

const reportOfServer = async () => (await fetch('/api/train')).json();

export default function Page() {
  useEffect(() => {
    globalThis.reports = { page: report, worker: reportOfWorker, server: reportOfServer };
  }, []);
  return 'asgd';
}
