// SPDX-License-Identifier: Apache-2.0
// agreement - how long a broker may take to say whether it speaks MX

/** How long the answer is waited for once the transport stands, in milliseconds, before READY goes out without it. */
export const ANSWER_MS = 500;

/** How long it is waited for where nobody waits for it, in milliseconds. */
export const PATIENT_ANSWER_MS = 2_000;
