import { Router, Dealer } from 'zeromq';
const r = new Router({ mandatory: true, sendTimeout: 0, linger: 0 });
await r.bind('tcp://127.0.0.1:*'); console.log(r.lastEndpoint);
await r.bind('inproc://abc'); console.log(r.lastEndpoint);
await r.bind('ipc:///tmp/exp/x.sock'); console.log(r.lastEndpoint);
try { await r.unbind('inproc://abc'); console.log('unbind inproc ok'); } catch (e) { console.log('unbind inproc', e.code, e.message); }
try { await r.unbind('ipc:///tmp/exp/x.sock'); console.log('unbind ipc ok'); } catch (e) { console.log('unbind', e.code, e.message); }
try { await r.unbind('tcp://127.0.0.1:1'); console.log('unbind ok'); } catch (e) { console.log('unbind unknown', e.code, e.message); }
let t = performance.now(); let n = 0;
for (let i = 0; i < 20000; i++) { try { await r.send([Buffer.from('nobody'), 'x']); } catch (e) { n++; } }
console.log('failing send us', (performance.now() - t) * 1000 / 20000, n);
const d = new Dealer({ linger: 0, receiveHighWaterMark: 1 }); d.connect(r.lastEndpoint.startsWith('tcp') ? r.lastEndpoint : 'inproc://abc');
r.close();
try { const p = r.send([Buffer.from('nobody'), 'x']); console.log('async'); await p.catch((e) => console.log('rej', e.code, e.message)); } catch (e) { console.log('sync throw', e.code, e.message); }
d.close();
try { const q = new Router({ heartbeatInterval: 2**31-1, heartbeatTimeout: (2**31-1)*4 }); console.log('ok', q.heartbeatInterval, q.heartbeatTimeout); q.close(); } catch (e) { console.log('hb', e.code, e.message); }
try { const q = new Router({ heartbeatInterval: 1e9, heartbeatTimeout: 1e11 }); console.log('ok', q.heartbeatInterval, q.heartbeatTimeout); q.close(); } catch (e) { console.log('hb', e.code, e.message); }
try { const q = new Router({ sendHighWaterMark: 10_000_000, maxMessageSize: 2**31 + 65536}); console.log('ok', q.sendHighWaterMark, q.maxMessageSize); q.close(); } catch (e) { console.log('hb', e.code, e.message); }
// memory per empty frame
const R = new Router({linger:0}); await R.bind('tcp://127.0.0.1:*'); const D = new Dealer({linger:0}); D.connect(R.lastEndpoint);
const keep=[]; global.gc?.(); const m0 = process.memoryUsage();
for (let i=0;i<2000;i++){ await D.send(Array.from({length:256},()=>'')); keep.push(await R.receive()); }
global.gc?.(); const m1 = process.memoryUsage();
console.log('per empty frame rss', (m1.rss-m0.rss)/2000/256, 'heap', (m1.heapUsed-m0.heapUsed)/2000/256, 'ab', (m1.arrayBuffers-m0.arrayBuffers)/2000/256);
keep.length=0; global.gc?.(); const m2 = process.memoryUsage();
for (let i=0;i<2000;i++){ await D.send(Array.from({length:256},()=>'0123456789')); keep.push(await R.receive()); }
global.gc?.(); const m3 = process.memoryUsage();
console.log('per 10B frame rss', (m3.rss-m2.rss)/2000/256, 'heap', (m3.heapUsed-m2.heapUsed)/2000/256, 'ab', (m3.arrayBuffers-m2.arrayBuffers)/2000/256);
R.close(); D.close();
