// SPDX-License-Identifier: Apache-2.0
// update - what the status page is told: types alone, for who tells it, too
//
// All of it goes through JSON. A rate is for each second since the update before, a duration is in milliseconds; null stands
// where there is nothing to tell. A duration of more than the last bound of LATENCY_BOUNDS_MS is told as twice that bound.

/** The broker as a whole at one moment. */
export interface StatusPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Requests of clients, but those to `mmi.` services. */
  readonly requests: number | null;
  /** Requests that ended with an error, refused ones included. */
  readonly failed: number | null;
  readonly queued: number;
  readonly running: number;
  readonly workers: number;
  readonly busy: number;
  /** How long workers took for what they ended since the update before. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** How long what was given to workers since then had waited. */
  readonly waitP99: number | null;
  /** How late the event loop is: of several threads, the latest. */
  readonly lagMs: number;
  /** Of the process, in bytes. */
  readonly memory: number;
}

/** A name that peers chose. */
export interface Named {
  readonly name: string;
  /** The name as it can be shown, where that is not the name itself: what could reorder or hide text is escaped. */
  readonly shown?: string;
}

/** One service. */
export interface ServiceRow extends Named {
  readonly workers: number;
  readonly busy: number;
  readonly queued: number;
  readonly oldestMs: number;
  readonly requests: number | null;
  readonly failed: number | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  /** Over the last minute: how long workers took, and how long requests waited. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly waitP99: number | null;
  /** Since the broker knows it. */
  readonly total: {
    readonly requests: number;
    readonly finals: number;
    readonly cancelled: number;
    readonly abandoned: number;
    readonly recovered: number;
    /** By status. */
    readonly failed: Readonly<Record<string, number>>;
  };
}

/** One worker; of several threads, one for each that it registered with. */
export interface WorkerRow extends Named {
  /** Its routing id and address in hexadecimal. */
  readonly peer: string;
  readonly dialect: string;
  readonly ageMs: number;
  readonly silentMs: number;
  readonly held: number;
  readonly credit: number;
}

/** Endpoints that differ in nothing but the place, and what is known of the keys there. */
export interface ListeningRow {
  readonly endpoints: readonly string[];
  readonly role: 'any' | 'client' | 'worker';
  /** Whether they are encrypted. */
  readonly curve: boolean;
  readonly allow: 'list' | 'function' | 'anyKey' | 'anybody';
  /** How many keys the list has, if there is one. */
  readonly keysListed?: number;
  /** Left out when all may be called and registered there. */
  readonly services?: readonly string[];
  readonly keysAccepted: number;
  readonly keysRefused: Counts;
}

/** Something that went wrong, as the log says it. */
export interface RecentLine {
  /** They ascend. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: 'error' | 'warn';
  /** One of a fixed few words: the `event` of the log. */
  readonly event: string;
  readonly text: string;
}

/** Counts by name, as far as there are any. */
export type Counts = Readonly<Record<string, number>>;

/** All that the page shows at a time. */
export interface StatusUpdate {
  /** How long ago it was so when it was told, in milliseconds. */
  readonly ageMs: number;
  readonly phase: 'starting' | 'ready' | 'draining';
  readonly version: string;
  readonly uptimeMs: number;
  readonly threads: number;
  readonly listening: readonly ListeningRow[];
  readonly point: StatusPoint;
  /** Those with workers and requests first, when there are more than are told of. */
  readonly services: readonly ServiceRow[];
  readonly servicesInAll: number;
  readonly workers: readonly WorkerRow[];
  readonly connections: number;
  /** What waits for peers that read too slowly. */
  readonly outbox: { readonly peers: number; readonly messages: number; readonly bytes: number };
  readonly keysAccepted: number;
  readonly keysRefused: Counts;
  readonly handshakesFailed: Counts;
  readonly failed: Counts;
  readonly dropped: Counts;
  readonly workersLost: Counts;
  readonly recent: readonly RecentLine[];
}

/** What the page is told first. */
export interface StatusBegin {
  /** Which page the broker has: another one than it had may not understand what is told now. */
  readonly page: string;
  /** How often updates come, in milliseconds. */
  readonly everyMs: number;
  /** How far back the charts go, in milliseconds. */
  readonly spanMs: number;
  /** The past, the newest at the end. */
  readonly points: readonly StatusPoint[];
  /** Requests a second of each service: its name, and the last of them, the newest at the end. */
  readonly trends: readonly (readonly [name: string, rates: readonly (number | null)[]])[];
}
