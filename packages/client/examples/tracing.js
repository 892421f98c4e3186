// SPDX-License-Identifier: Apache-2.0
// tracing - the channels of client and worker become spans of OpenTelemetry, in one trace

import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe } from 'node:diagnostics_channel';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

// #region context
const store = new AsyncLocalStorage(); // the context that holds now, in each chain of calls
context.setGlobalContextManager({
  active: () => store.getStore() ?? ROOT_CONTEXT,
  with: (active, run, self, ...args) => store.run(active, () => run.call(self, ...args)),
  bind: (_, target) => target,
  enable() {
    return this;
  },
  disable() {
    return this;
  },
});
const tracer = trace.getTracer('mdp');
const spans = new WeakMap(); // by the message, which is the same at start and end

function end(/** @type {any} */ message) {
  const span = spans.get(message);
  if (message.error !== undefined) {
    span?.recordException(message.error);
    span?.setStatus({ code: SpanStatusCode.ERROR, message: String(message.error) });
  }
  span?.end();
}
// #endregion

// #region client
subscribe('mdp.client.request.start', (/** @type {any} */ message) => {
  const span = tracer.startSpan(message.service, { kind: SpanKind.CLIENT });
  spans.set(message, span);
  const carrier = {};
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  message.trace = carrier; // { traceparent, tracestate }: it goes with the request
});
subscribe('mdp.client.request.end', (/** @type {any} */ message) => {
  spans.get(message)?.setAttribute('mdp.attempts', message.attempts);
  end(message);
});
// #endregion

// #region worker
channel('mdp.worker.request.start').bindStore(store, (/** @type {any} */ message) => {
  const parent = propagation.extract(ROOT_CONTEXT, message.request.trace ?? {});
  const span = tracer.startSpan(message.request.service, { kind: SpanKind.SERVER }, parent);
  spans.set(message, span);
  return trace.setSpan(parent, span); // what the handler does belongs to it
});
subscribe('mdp.worker.request.end', end);
// #endregion

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;
const worker = new Worker(
  endpoint,
  'upper',
  async ({ body: [word] }) => {
    await tracer.startActiveSpan('look it up', async (span) => {
      await Promise.resolve();
      span.end();
    });
    return text(word).toUpperCase();
  },
  { wire: 'mx' },
);
await worker.start();
const client = new Client(endpoint, { wire: 'mx' });
await tracer.startActiveSpan('checkout', async (span) => {
  console.log(text((await client.request('upper', 'hello'))[0])); // HELLO
  span.end();
});
await client.close();
await worker.stop();
await broker.stop();

const ended = exporter.getFinishedSpans();
const names = new Map(ended.map((span) => [span.spanContext().spanId, `${SpanKind[span.kind]} ${span.name}`]));
console.log(new Set(ended.map((span) => span.spanContext().traceId)).size, 'trace'); // 1 trace
for (const { name, kind, parentSpanContext: parent } of ended) {
  console.log(`${SpanKind[kind]} ${name} < ${names.get(parent?.spanId) ?? 'nothing'}`);
}
